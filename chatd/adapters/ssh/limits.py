"""Every number of the ssh adapter, with its unit. What an operator may change gets its value from the configuration."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SshLimits:
    """What one server, one connection and one channel may cost. Sizes are bytes, durations seconds."""

    connections: int
    """Connections at once. One costs about 40 kB and a file descriptor."""
    connections_per_address: int
    """Connections at once from one IPv4 address or one IPv6 /64: an office behind one address, not a flood."""
    waiting_logins: int
    """Connections that have not logged in; when one more comes, one of the source that has most goes."""
    waiting_logins_per_address: int
    """Those of one source, as `connections_per_address` counts it; when one more comes, the oldest of them goes."""
    connects_per_second: int
    """From one source, so many at once and then so many a second. Who comes faster is answered later."""
    paced: int = 100
    """Connections that are to be answered later, of all sources. Each costs a file descriptor."""
    pace_patience: float = 5.0
    """How much later a connection may be answered."""
    login_grace: float
    """Time to log in, from the first packet on; long enough to type the passphrase of a key."""
    login_tries: int
    """Login requests that may fail, as with sshd's MaxAuthTries. The first `none` and unsigned probes do not count."""
    key_probes: int
    """Keys that may be offered without a signature: a full agent offers each of its keys so."""

    channels: int
    """Channels of one connection, as sshd's MaxSessions."""
    keepalive: float
    """Silence after which the peer is asked whether it is still there."""
    keepalive_misses: int
    """Questions that may stay unanswered: a dead peer is found after keepalive * (keepalive_misses + 1)."""
    linger: float = 1.0
    """How long the last words of a closing connection may take to leave."""

    receive_window: int = 64 * KIB
    """What a client may send before we have read it; with `input_bytes` the bound for what waits on one channel."""
    input_bytes: int = 64 * KIB
    """Input that a channel's task has not taken yet; from here on the channel is not read."""
    input_events: int = 64
    """Events that a channel's task has not taken yet; from here on the channel is not read."""
    env_names: int = 24
    """Environment variables of a channel: NO_COLOR, COLORTERM, LANG and the LC_ family are 16."""
    env_bytes: int = 2 * KIB
    """All names and values of a channel's environment together."""

    max_unsent: int
    """Output of one session that has not left; a session that writes on without waiting is dropped."""
    write_stall: float
    """How long the peer's machine may take nothing before the connection is dropped."""
    reader_stall: float
    """How long a client may keep its window shut before the session is dropped. Longer than `write_stall`: Ctrl-S and
    `ssh … | less` shut it too, and what waits is bounded by `max_unsent`."""
    transport_buffer: int = 64 * KIB
    """Encrypted bytes of a connection that wait for the kernel; beyond it output waits in its channel."""
    transport_hard: int = 1024 * KIB
    """Encrypted bytes at which a connection is dropped: only replies to a flood of requests can get there."""
    deferred_packets: int = 512
    """Packets held back while keys are exchanged; more are the sign of an exchange stalled on purpose."""
    unacknowledged: int = 256 * KIB
    """What an OpenSSH client may hold without having shown it (it acknowledges every 48 to 96 KiB, so 64 would stall
    it). Output for a terminal that is scrolled back or suspended stays here, where newer frames replace it."""
