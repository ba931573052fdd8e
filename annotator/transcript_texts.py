"""What is written of transcripts in CSQ entries and beside them, put together for many at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.csq import ENSEMBL, encode
from annotator.models.store import ModelStore
from annotator.texts import Piece, Pool, Texts

_DOT = ord(".")
_FLAGS = (b"", b"cds_start_NF", b"cds_end_NF", b"cds_start_NF&cds_end_NF")

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The texts of some transcripts, which do not depend on the allele."""

    identities: Texts  # the columns from SYMBOL to BIOTYPE, with the separators around them
    standings: Texts  # from the separator before STRAND to the end
    picked_standings: Texts
    names: Texts  # what HGVS names begin with
    owns: Texts  # INFO's own fields of what is picked


class TranscriptTexts:
    """The texts of a contig's transcripts; `symbol_key` and `feature_key` are INFO's own fields."""

    def __init__(self, store: ModelStore, *, symbol_key: str, feature_key: str) -> None:
        self._store = store
        self._pool = pool = Pool()
        self._raw = pool.put(store.texts)
        encoded = _encoded(store.texts)
        self._encoded = pool.put(encoded) if encoded else self._raw
        self._bar, self._type, self._no_value = map(pool.put_all, (b"|", b"|Transcript|", b"."))
        self._symbol_key, self._feature_key = (pool.put_all(f";{key}=".encode()) for key in (symbol_key, feature_key))
        leads = [b"|%d|%s|" % (strand, flags) for strand in (-1, 1) for flags in _FLAGS]
        self._leads, self._picked_leads = pool.put_all(*leads), pool.put_all(*(lead + b"1" for lead in leads))
        self._canonical = pool.put_all(b"||", b"|YES|")
        self._kinds = pool.put_all(b":n.", b":c.")
        self._dots = np.flatnonzero(pool.text == _DOT)

    def of(self, transcripts: Integers) -> Frames:
        """The texts of these transcripts, by their numbers in the store."""
        store, bar, count = self._store, self._bar, len(transcripts)
        symbol, gene, biotype, mane_select, mane_plus_clinical = (
            self._encoded[store.text_numbers(name)[transcripts]]
            for name in ("symbol", "gene_id", "biotype", "mane_select", "mane_plus_clinical")
        )
        feature = self._feature(self._encoded[store.text_numbers("id")[transcripts]])
        lead = np.where(store.strands[transcripts] > 0, len(_FLAGS), 0)
        lead += store.start_incomplete[transcripts] + 2 * store.end_incomplete[transcripts]
        canonical = self._canonical[store.are_canonical[transcripts].astype(np.int64)]
        rest = (canonical, mane_select, bar, mane_plus_clinical)
        own_symbol, own_feature = map(self._value, (symbol, feature))
        join = self._pool.join
        return Frames(
            identities=join(bar, symbol, bar, gene, self._type, feature, bar, biotype, bar, count=count),
            standings=join(self._leads[lead], *rest, count=count),
            picked_standings=join(self._picked_leads[lead], *rest, count=count),
            names=self.names(transcripts),
            owns=join(self._symbol_key, own_symbol, self._feature_key, own_feature, count=count),
        )

    def names(self, transcripts: Integers) -> Texts:
        """What the HGVS names of changes in these transcripts begin with."""
        kinds = self._kinds[self._store.are_coding[transcripts].astype(np.int64)]
        return self._pool.join(self._raw[self._store.text_numbers("id")[transcripts]], kinds, count=len(transcripts))

    def _feature(self, identifier: Piece) -> Piece:
        """What `csq.feature_of` says: an identifier of Ensembl's ends before its version."""
        begins, lengths = identifier.begins, identifier.lengths
        heads = [self._pool.text[np.minimum(begins + place, len(self._pool.text) - 1)] for place in range(len(ENSEMBL))]
        is_ensembl = np.all([head == code for head, code in zip(heads, ENSEMBL.encode(), strict=True)], axis=0)
        dots = np.append(self._dots, len(self._pool.text))[np.searchsorted(self._dots, begins)]
        return Piece(begins, np.where(is_ensembl, np.minimum(lengths, dots - begins), lengths))

    def _value(self, piece: Piece) -> Piece:
        """The value of a field of INFO, where a dot stands for nothing."""
        is_empty = piece.lengths == 0
        return Piece(
            np.where(is_empty, self._no_value.begins, piece.begins),
            np.where(is_empty, self._no_value.lengths, piece.lengths),
        )


def _encoded(texts: Texts) -> Texts | None:
    """The texts as `csq.encode` writes them; None where it changes none of them."""
    whole = texts.text.tobytes().decode()
    if encode(whole) == whole:
        return None
    return Texts.of([encode(texts[number].decode()).encode() for number in range(len(texts))])
