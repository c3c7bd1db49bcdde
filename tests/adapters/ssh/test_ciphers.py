"""The ciphers with kept contexts against asyncssh's own: the same bytes, whatever the key, the text and the order."""

from __future__ import annotations

import pytest
from asyncssh.encryption import BasicEncryption, Encryption, get_encryption, get_encryption_params
from hypothesis import given
from hypothesis import strategies as st

from chatd.adapters.ssh.ciphers import KeptChacha, KeptGcm, kept

CHACHA = "chacha20-poly1305@openssh.com"
CIPHERS = [CHACHA, "aes128-gcm@openssh.com", "aes256-gcm@openssh.com"]

packets = st.lists(st.binary(min_size=1, max_size=300) | st.integers(1, 40_000).map(bytes), min_size=1, max_size=5)
sequences = st.integers(0, 2**32 - 6) | st.just(2**32 - 6)
ivs = st.binary(min_size=12, max_size=12) | st.just(b"salt" + b"\xff" * 8)


def theirs(cipher: str, key: bytes, iv: bytes) -> Encryption:
    """asyncssh's, with a key of the length it needs."""
    size, iv_size, *_ = get_encryption_params(cipher.encode())
    return get_encryption(cipher.encode(), key[:size], iv[:iv_size])


def sealed(cipher: Encryption, seq: int, packet: bytes) -> tuple[bytes, bytes]:
    return cipher.encrypt_packet(seq, len(packet).to_bytes(4, "big"), packet)


def opened(cipher: Encryption, seq: int, data: bytes, mac: bytes, block: int = 8) -> tuple[int, bytes | None]:
    """As a connection opens a packet: its first block for the length, then the rest."""
    first, length = cipher.decrypt_header(seq, data[:block], 4)
    return int.from_bytes(length, "big"), cipher.decrypt_packet(seq, first, data[block:], 4, mac)


@pytest.mark.parametrize("cipher", CIPHERS)
@given(key=st.binary(min_size=64, max_size=64), iv=ivs, first=sequences, texts=packets)
def test_the_same_bytes_in_both_directions(cipher: str, key: bytes, iv: bytes, first: int, texts: list[bytes]) -> None:
    writer, reader = theirs(cipher, key, iv), theirs(cipher, key, iv)
    ours_out, ours_in = kept(theirs(cipher, key, iv)), kept(theirs(cipher, key, iv))
    assert isinstance(ours_out, KeptChacha | KeptGcm)
    assert isinstance(ours_in, KeptChacha | KeptGcm)
    for seq, text in enumerate(texts, first):
        data, mac = sealed(ours_out, seq, text)
        assert (data, mac) == sealed(writer, seq, text)
        assert opened(ours_in, seq, data, mac) == opened(reader, seq, data, mac) == (len(text), text)


@pytest.mark.parametrize("cipher", CIPHERS)
@given(before=packets, after=packets, first=sequences)
def test_one_takes_over_where_theirs_is(cipher: str, before: list[bytes], after: list[bytes], first: int) -> None:
    """asyncssh has sent some packets with the new keys already when we take them over."""
    key, iv = bytes(range(64)), bytes(12)
    writer, handed_over = theirs(cipher, key, iv), theirs(cipher, key, iv)
    for text in before:
        assert sealed(writer, first, text) == sealed(handed_over, first, text)
    ours = kept(handed_over)
    assert ours is not None
    for text in after:
        assert sealed(ours, first, text) == sealed(writer, first, text)


@pytest.mark.parametrize("cipher", CIPHERS)
@given(text=st.binary(min_size=8, max_size=100), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_flipped_bit_opens_nothing(cipher: str, text: bytes, place: int, bit: int) -> None:
    key, iv = bytes(range(64)), bytes(12)
    data, mac = sealed(theirs(cipher, key, iv), 7, text)
    whole = bytearray(data + mac)
    whole[place % len(whole)] ^= 1 << bit
    ours = kept(theirs(cipher, key, iv))
    assert ours is not None
    assert opened(ours, 7, bytes(whole[:-16]), bytes(whole[-16:]))[1] is None


def test_a_packet_of_another_number_does_not_open() -> None:
    data, mac = sealed(theirs(CHACHA, bytes(64), b""), 7, b"hello")
    ours = kept(theirs(CHACHA, bytes(64), b""))
    assert ours is not None
    assert opened(ours, 8, data, mac)[1] is None


def test_other_ciphers_stay_as_they_are() -> None:
    plain = get_encryption(b"aes128-ctr", bytes(16), bytes(16), b"hmac-sha2-256", bytes(32))
    assert isinstance(plain, BasicEncryption)
    assert kept(plain) is plain
    assert kept(None) is None
