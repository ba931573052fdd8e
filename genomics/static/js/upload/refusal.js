/** An error fit to show: what happened, what to do, and where in the file it is. */
export class Refusal extends Error {
  constructor(message, { advice = "", line = null, column = null, code = "", missing = [], passing = false } = {}) {
    super(message);
    this.advice = advice;
    this.line = line; // 1-based; null: not about one line
    this.column = column; // name or 1-based number; null: not about one column
    this.code = code; // empty: found in the browser
    this.missing = missing; // numbers of the parts that the server does not have
    this.passing = passing; // nobody has to mend anything: it is worth asking again
  }

  get place() {
    const parts = [];
    if (this.line !== null) {
      parts.push(`line ${this.line.toLocaleString("en")}`);
    }
    if (this.column !== null) {
      parts.push(`column ${this.column}`);
    }
    return parts.join(", ");
  }
}
