"""`verify` and `replay`: prove a result by its manifest, or make it again."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.commands.annotate import add_processes
from annotator.progress import Event, Stage
from annotator.provenance import Finding, read_result_manifest, verify
from annotator.quoting import visible
from annotator.replay import replay

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_FINE = 0
EXIT_OURS = 1


def add(commands: "Commands") -> None:
    """Add both to the command line."""
    prove = commands.add_parser("verify", help="compare a result with its manifest")
    prove.add_argument("manifest", type=Path, help="manifest.json of a result, its files beside it")
    prove.add_argument("--input", type=Path, metavar="FILE", help="also prove that this was the input")
    prove.add_argument("--reference", type=Path, metavar="DIR", help="also prove that this was the reference")
    prove.set_defaults(run=_verify)

    again = commands.add_parser("replay", help="make a result again and compare it byte for byte")
    again.add_argument("manifest", type=Path, help="manifest.json of a result")
    again.add_argument("--input", type=Path, required=True, metavar="FILE", help="the same input")
    again.add_argument("--reference", type=Path, required=True, metavar="DIR", help="the same reference")
    again.add_argument("--output", type=Path, required=True, metavar="DIR", help="another folder, for the new files")
    add_processes(again)
    again.set_defaults(run=_replay)


def _verify(options: argparse.Namespace) -> int:
    manifest = read_result_manifest(options.manifest)
    print(f"Made by annotator {manifest.engine} with {manifest.reference.name} {manifest.reference.version}")
    return _report(
        verify(options.manifest, input_file=options.input, reference=options.reference),
        fine="Everything is as the manifest says.",
    )


def _replay(options: argparse.Namespace) -> int:
    done = replay(
        options.manifest,
        input_file=options.input,
        reference=options.reference,
        output=options.output,
        listener=_print_stage,
        processes=options.processes,
    )
    for remark in done.remarks:
        print(f"note: {visible(remark)}")
    return _report(done.findings, fine="The new files are the old ones, byte for byte.")


def _report(findings: Sequence[Finding], *, fine: str) -> int:
    for finding in findings:
        remark = f"is here as {finding.found_as}" if finding.found_as else finding.trouble
        print(f"  {'DIFFERS' if finding.trouble else 'ok':<8}{visible(finding.what)} {visible(remark)}".rstrip())
    troubles = sum(bool(finding.trouble) for finding in findings)
    print(f"{troubles} of {len(findings)} differ." if troubles else fine)
    return EXIT_OURS if troubles else EXIT_FINE


def _print_stage(event: Event, /) -> None:
    if isinstance(event, Stage):
        print(event.label, flush=True)
