"""What the server offers: algorithms, and asyncssh's switches, nearly all of them off."""

from __future__ import annotations

from collections.abc import Iterable

import asyncssh
from asyncssh.kex import get_kex_algs

KEX = ("curve25519-sha256", "curve25519-sha256@libssh.org", "mlkem768x25519-sha256")
"""The client's order decides, but Dropbear guesses curve25519, and its guess is right when this is our first too. No
NIST curves, no SHA-1, no finite-field groups: they are weak, or cost an unknown client's handshake 100 ms of ours."""

GCM = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Two thirds of what chacha20 costs on a machine with AES instructions, down to the system call."""

CIPHERS = (*GCM, "chacha20-poly1305@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")

MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "umac-128-etm@openssh.com",
    # Only for clients that know neither GCM nor chacha20 nor etm, such as a Dropbear of before 2020.
    "hmac-sha2-256",
    "hmac-sha2-512",
)

USER_KEYS = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)
"""Kinds of keys people may have; an RSA key has to sign with SHA-2."""

SIGNATURES = (*(name for name in USER_KEYS if name != "ssh-rsa"), "rsa-sha2-512", "rsa-sha2-256")


def server_options(host_key: asyncssh.SSHKey) -> asyncssh.SSHServerConnectionOptions:
    """Options for every connection. Made once, from key objects: asyncssh would parse files again for each login.

    Log-in time and keepalive are off here: the connection's own task has one clock for both.
    """
    return asyncssh.SSHServerConnectionOptions(
        config=None,
        server_version="chatd",
        server_host_keys=[host_key],
        kex_algs=_known(KEX),
        encryption_algs=CIPHERS,
        mac_algs=MACS,
        signature_algs=SIGNATURES,
        compression_algs=None,
        public_key_auth=True,
        kbdint_auth=True,
        password_auth=False,
        host_based_auth=False,
        gss_host=None,
        agent_forwarding=False,
        x11_forwarding=False,
        sftp_factory=None,
        allow_scp=False,
        login_timeout=0,
        keepalive_interval=0,
    )


def _known(names: Iterable[str]) -> list[str]:
    """Those that this build of the cryptography library has: ML-KEM came late."""
    have = set(get_kex_algs())
    return [name for name in names if name.encode() in have]
