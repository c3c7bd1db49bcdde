"""asyncssh's two ciphers that need no MAC, byte for byte, at a third of the price: what a key needs is made once.

asyncssh sets up three contexts for each packet that chacha20-poly1305 seals, and one for each of AES-GCM. Here they are
made when the keys are, and get the packet's nonce. Private names of asyncssh that are used here are held by
tests/adapters/ssh/test_contract.py.
"""

from __future__ import annotations

from asyncssh.encryption import ChachaEncryption, Encryption, GCMEncryption
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.poly1305 import Poly1305

_TAG = 16
"""Bytes of a tag, of either cipher."""

_MAC_KEY = 32
"""Bytes of a key of poly1305."""

_BLOCK_0 = bytes(64)
"""The first block of the key stream makes the key of poly1305; the text begins with the second one."""

_COUNTER_0 = bytes(8)

_GCM_WRAP = 1 << 64


class KeptChacha(Encryption):
    """chacha20-poly1305@openssh.com, one direction of one key exchange. `key`: 32 bytes for texts, 32 for lengths."""

    def __init__(self, key: bytes) -> None:
        none_yet = bytes(16)
        self._text = Cipher(ChaCha20(key[:32], none_yet), mode=None).encryptor()
        self._length = Cipher(ChaCha20(key[32:], none_yet), mode=None).encryptor()

    def encrypt_packet(self, seq: int, header: bytes, packet: bytes) -> tuple[bytes, bytes]:
        """The sealed packet with its length, and the tag."""
        sealed = self.decrypt_header(seq, header, len(header))[1]
        self._text.reset_nonce(_COUNTER_0 + seq.to_bytes(8, "big"))
        stream = self._text.update(_BLOCK_0 + packet)
        sealed += stream[len(_BLOCK_0) :]
        return sealed, Poly1305.generate_tag(stream[:_MAC_KEY], sealed)

    def decrypt_header(self, seq: int, first_block: bytes, header_len: int) -> tuple[bytes, bytes]:
        """The block as it came, and the length in it; sealing and opening are one."""
        self._length.reset_nonce(_COUNTER_0 + seq.to_bytes(8, "big"))
        return first_block, self._length.update(first_block[:header_len])

    def decrypt_packet(self, seq: int, first: bytes, rest: bytes, header_len: int, mac: bytes) -> bytes | None:
        """The packet without its length; None when the tag is another. What is opened before that is seen by nobody."""
        sealed = first + rest
        self._text.reset_nonce(_COUNTER_0 + seq.to_bytes(8, "big"))
        stream = self._text.update(_BLOCK_0 + sealed[header_len:])
        try:
            Poly1305.verify_tag(stream[:_MAC_KEY], sealed, mac)
        except InvalidSignature:
            return None
        return stream[len(_BLOCK_0) :]


class KeptGcm(Encryption):
    """AES-GCM as OpenSSH has it, one direction of one key exchange; `iv` is that of the next packet: 12 bytes."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._cipher = AESGCM(key)
        self._salt = iv[:4]
        self._count = int.from_bytes(iv[4:], "big")

    def encrypt_packet(self, seq: int, header: bytes, packet: bytes) -> tuple[bytes, bytes]:
        """The sealed packet with its length, which stays readable, and the tag."""
        sealed = self._cipher.encrypt(self._next_iv(), packet, header)
        return header + sealed[:-_TAG], sealed[-_TAG:]

    def decrypt_header(self, seq: int, first_block: bytes, header_len: int) -> tuple[bytes, bytes]:
        """The block as it came, and the length in it."""
        return first_block, first_block[:header_len]

    def decrypt_packet(self, seq: int, first: bytes, rest: bytes, header_len: int, mac: bytes) -> bytes | None:
        """The packet without its length; None when the tag is another."""
        try:
            return self._cipher.decrypt(self._next_iv(), first[header_len:] + rest + mac, first[:header_len])
        except InvalidTag:
            return None

    def _next_iv(self) -> bytes:
        count = self._count
        self._count = (count + 1) % _GCM_WRAP
        return self._salt + count.to_bytes(8, "big")


def kept(theirs: Encryption | None) -> Encryption | None:
    """The same cipher with the same key, going on where asyncssh's is; other ciphers are returned as they are."""
    if type(theirs) is ChachaEncryption:
        return KeptChacha(theirs._cipher._key + theirs._cipher._adkey)
    if type(theirs) is GCMEncryption:
        return KeptGcm(theirs._cipher._key, theirs._cipher._iv)
    return theirs
