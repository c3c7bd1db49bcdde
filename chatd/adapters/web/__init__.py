"""The web adapter: HTTP/1.1 by h11, routes by Starlette. Nobody else imports them.

WebServer.open -> WebServer.serve_stream -> Connection (its task) -> HttpExchange, one after the other
                                            `-- Inlet (reads)          `-- Application -> WebHandler

TLS and HTTP/2 are a proxy's business, and so are WebSockets: who asks for an upgrade gets an answer in HTTP/1.1.
"""
