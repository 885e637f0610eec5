"""Rescue files: what a phone could not send, sealed to the server's seal key so that anyone may carry it.

Opening one gives pushes, byte for byte as the phone spliced them; they are then handed in like any other.
"""

from collections.abc import Mapping

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from schemas.codes import Problem
from schemas.wire import RescueFile
from server.arriving import without_halves
from server.keys import SigningKey
from server.problems import ProblemError
from server.sealing import NotSealed, Sealed, unseal

VERSION = 1
MAX_BYTES = 24 * 1024 * 1024
"""Of a file: some 15,000 vouchers, far beyond what a phone can hold unsent."""
INFO = b"sanad rescue v1"

_FILE = msgspec.json.Decoder(RescueFile)
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])


def opened_file(raw: bytes, company: str, seal_keys: Mapping[str, bytes]) -> tuple[RescueFile, list[bytes]]:
    """The file and the pushes inside it. seal_keys: private halves (PKCS 8, DER) by id.

    MALFORMED: no rescue file at all; WRONG_COMPANY; SEAL_KEY_UNKNOWN; FILE_DAMAGED: cut, changed or typed over.
    """
    if len(raw) > MAX_BYTES:
        raise ProblemError(Problem.TOO_LARGE, f"a rescue file has at most {MAX_BYTES} bytes")
    try:
        file = _FILE.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        cut = raw.lstrip().startswith(b'{"v":')
        raise ProblemError(
            Problem.FILE_DAMAGED if cut else Problem.MALFORMED, f"no whole rescue file: {error}"
        ) from error
    if file.v != VERSION:
        raise ProblemError(Problem.MALFORMED, "a rescue file of an unknown version", field="v", value=file.v)
    if file.company != company:
        raise ProblemError(Problem.WRONG_COMPANY, "a rescue file of another company", company=file.company)
    private = seal_keys.get(file.key)
    if private is None:
        raise ProblemError(Problem.SEAL_KEY_UNKNOWN, "sealed to a key that this server does not have", key=file.key)
    plain = _unsealed(file, SigningKey.load("seal", private).private)
    try:
        return file, pushes_in(plain)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProblemError(Problem.FILE_DAMAGED, f"what was sealed is no push: {error}", field="sealed") from error


def _unsealed(file: RescueFile, private: ec.EllipticCurvePrivateKey) -> bytes:
    try:
        return unseal(Sealed(file.epk, file.iv, file.sealed), private, INFO, f"{file.v}.{file.company}.{file.key}")
    except NotSealed as error:
        raise ProblemError(Problem.FILE_DAMAGED, "the file is not as the phone wrote it", field="sealed") from error


def pushes_in(plain: bytes) -> list[bytes]:
    """One push, or the elements of an array of pushes, each as its very bytes."""
    if not plain.lstrip().startswith(b"["):
        return [plain]
    # Half a character inside one entry must not keep the others out: it is blanked for finding the places only.
    blanked = without_halves(plain)
    found: list[bytes] = []
    at = 0
    for part in _PARTS.decode(blanked):
        at = blanked.index(bytes(part), at)
        found.append(plain[at : at + len(bytes(part))])
        at += len(bytes(part))
    return found
