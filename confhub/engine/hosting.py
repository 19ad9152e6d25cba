"""Who carries the media: the hub's own relay, a process that is started here, or a LiveKit cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from confhub.engine.engine import MediaEngine
from confhub.engine.process import RelayOptions, RelayProcess
from confhub.kernel.clock import Clock
from confhub.settings import Settings


@asynccontextmanager
async def media(
    settings: Settings, webhook_port: int, clock: Clock
) -> AsyncIterator[tuple[MediaEngine, RelayProcess | None]]:
    """The engine, and the hub's own relay behind it unless a LiveKit cluster carries the media."""
    webhook = settings.webhook_url or f"http://127.0.0.1:{webhook_port}"
    relay = None
    async with AsyncExitStack() as stack:
        if settings.livekit_url:
            url, key, secret = settings.livekit_url, settings.livekit_key, settings.livekit_secret
            public_url: str | None = settings.media_url or settings.livekit_url
        else:
            relay = RelayProcess(
                RelayOptions(
                    data_dir=settings.data_dir,
                    host=settings.host,
                    port=settings.relay_port,
                    udp_port=settings.relay_udp_port,
                    tcp_port=settings.relay_tcp_port,
                    turn=settings.turn,
                    turn_secret=settings.turn_secret,
                    metrics_token=settings.metrics_token,
                    fanout=settings.fanout,
                    advertise=settings.advertise,
                    tls_cert=settings.tls_cert,
                    tls_key=settings.tls_key,
                    webhook_urls=[f"{webhook}/engine/webhook"],
                )
            )
            await relay.start()
            stack.push_async_callback(relay.stop)
            url, key, secret, public_url = relay.url, relay.key, relay.secret, settings.media_url
        engine = MediaEngine(
            url, key, secret, clock, public_url=public_url, verify_tls=settings.livekit_url is not None
        )
        stack.push_async_callback(engine.close)
        await engine.start()
        yield engine, relay
