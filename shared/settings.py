"""Settings that every service has. Each service adds its own in its ``settings.py``; all are read once, at start."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read from environment variables with the prefix ``LAJU_``; an empty variable is an unset one."""

    model_config = SettingsConfigDict(env_prefix="LAJU_", env_ignore_empty=True, frozen=True, extra="ignore")

    data: Annotated[Path, Field(description="Folder for keys and other files a service keeps")] = Path(".laju")
    host: Annotated[str, Field(description="Address the HTTP server listens on")] = "127.0.0.1"
    nats_url: Annotated[str, Field(description="NATS server with JetStream")] = "nats://127.0.0.1:4222"
    instance: Annotated[
        str | None, Field(description="Name of this replica, the same after its restart; by default host name and port")
    ] = None
    log_level: Annotated[str, Field(description="DEBUG, INFO, WARNING or ERROR")] = "INFO"
    stream_replicas: Annotated[int, Field(ge=1, le=5, description="Replicas of each stream when it is created")] = 1
    partitions: Annotated[int, Field(ge=1, le=256, description="Partitions of EVENTS when it is created")] = 16
    shutdown_seconds: Annotated[int, Field(ge=1, description="How long work in hand may take after SIGTERM")] = 4

    def replica(self, port: int) -> str:
        """The name of the replica that listens on a port: what it left behind is found by it after a restart."""
        return self.instance or f"{socket.gethostname()}:{port}"
