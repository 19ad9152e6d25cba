"""The province's data: the shipped tree and rooms, a studio for the chair, and an administrator."""

from __future__ import annotations

import csv
import io
import secrets
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from confhub.access.rules import SYSTEM
from confhub.accounts.service import AccountService
from confhub.accounts.values import GrantWish
from confhub.db.database import Database
from confhub.db.migrate import upgrade
from confhub.kernel.clock import Clock
from confhub.kernel.errors import StartError
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.service import OrgService
from confhub.registry.importing import ImportService
from confhub.registry.pairing import PairingService
from confhub.registry.service import RegistryService
from confhub.registry.values import EndpointDraft, EndpointKind

ADMIN = "admin"
STUDIO_CODE = "STUDIO"
SHIPPED = "phutho-2020.csv"


@dataclass(frozen=True, slots=True)
class Slip:
    """A room, its unit's code, and the one-time code that pairs its machine."""

    endpoint_id: EndpointId
    endpoint_code: str
    unit_code: str
    code: str


@dataclass(frozen=True, slots=True)
class Province:
    """What the demo needs to know of its data folder. `rooms` leaves the studio out."""

    root: UnitId
    password: str
    studio: Slip
    rooms: tuple[Slip, ...]


async def prepare(database_url: str, clock: Clock) -> Province:
    """Fill an empty database through the hub's own use cases. The rooms come in the order of their codes."""
    database = Database(database_url)
    try:
        await upgrade(database)
        imports = ImportService(database, clock)
        shipped = resources.files("confhub.registry").joinpath("data", SHIPPED).read_text("utf-8-sig")
        content = still_standing(shipped)
        plan = await imports.preview(SYSTEM, SHIPPED, content)
        if plan.problems:
            raise StartError(f"{SHIPPED}: {plan.problems[0]}")
        await imports.apply(SYSTEM, plan.token)
        root = next(
            unit.id for unit in await OrgService(database, clock).tree(SYSTEM) if unit.parent_id is None
        )
        studio = await RegistryService(database, clock).create_endpoint(
            SYSTEM, EndpointDraft(STUDIO_CODE, "Trường quay tỉnh (chủ tọa)", root, EndpointKind.STUDIO)
        )
        password = secrets.token_urlsafe(12)
        await AccountService(database, clock).create_account(
            SYSTEM, ADMIN, password, "Quản trị viên", [GrantWish(Role.ADMINISTRATOR, root)]
        )
        units = {row["code"]: row["unit"] for row in csv.DictReader(io.StringIO(content.decode()))}
        slips = [
            Slip(slip.endpoint_id, slip.endpoint_code, units.get(slip.endpoint_code, ""), slip.code)
            for slip in await PairingService(database, clock).issue_sheet(SYSTEM, root)
        ]
    finally:
        await database.close()
    rooms = sorted(
        (slip for slip in slips if slip.endpoint_id != studio.id), key=lambda slip: slip.endpoint_code
    )
    return Province(
        root, password, next(slip for slip in slips if slip.endpoint_id == studio.id), tuple(rooms)
    )


def still_standing(shipped: str) -> bytes:
    """The shipped file with no unit dissolved: the demo plays the province of 2020–21 today."""
    rows = list(csv.DictReader(io.StringIO(shipped)))
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=rows[0])
    writer.writeheader()
    writer.writerows({**row, "valid_to": ""} for row in rows)
    return text.getvalue().encode()


def make_folder(folder: Path) -> None:
    """A fresh data folder for this run. An older run's is replaced; anybody else's folder is refused."""
    marker = folder / "demo-folder"
    if folder.exists() and any(folder.iterdir()):
        if not marker.exists():
            raise StartError(
                f"--data: {folder} is not empty, and neither demo nor drill made it. Choose another folder."
            )
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        marker.write_text("Made by `confhub demo` or `confhub drill`; the next one replaces this folder.\n")
    except OSError as error:
        raise StartError(
            f"--data: cannot write to {folder} ({error.strerror}). Choose another folder."
        ) from error
