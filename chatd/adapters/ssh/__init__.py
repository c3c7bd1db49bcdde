"""The ssh adapter: asyncssh as a protocol engine, fed by trio. Nobody else imports asyncssh or trio_asyncio.

SshServer.open -> SshServer.accept -> SshServer.serve_stream -> Link (the connection's task)
                                                               |-- EngineConnection, EngineChannel (asyncssh)
                                                               |-- TrioTransport (bytes out)
                                                               `-- Session + SshTerminal -> handler(Terminal)
"""

from chatd.adapters.ssh.engine import open_engine
from chatd.adapters.ssh.hostkey import load_or_create_host_key
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.server import SshServer

__all__ = ["SshLimits", "SshServer", "load_or_create_host_key", "open_engine"]
