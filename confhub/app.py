"""The composition root: every service is made here, once, and every long task has its owner here."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from rich.console import Console

from confhub import caution
from confhub.accounts.published import AccountColumns
from confhub.accounts.service import AccountService, SetupCode
from confhub.agenda.documents import DocumentService
from confhub.agenda.service import AgendaService
from confhub.attendance.service import AttendanceService
from confhub.audit.refusals import Refusals
from confhub.audit.service import AuditService
from confhub.calendars.contacts import ContactService
from confhub.calendars.feeds import FeedService
from confhub.calendars.letters import LETTER, LetterService
from confhub.calendars.limits import LETTER_LONGEST_S
from confhub.calendars.marking import ToldBookings
from confhub.checkin import effects
from confhub.checkin import store as checkin_store
from confhub.checkin.codes import CodeService
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.deriving import Deriver
from confhub.checkin.holding import CheckinHolder
from confhub.checkin.moves import MoveService
from confhub.checkin.phones import PhoneService
from confhub.checkin.planning import PlanService
from confhub.checkin.sealing import SealService
from confhub.checkin.service import CheckinService
from confhub.checkin.tablets import TabletService
from confhub.checkin.undoing import UndoService
from confhub.db.database import Database
from confhub.db.migrate import upgrade
from confhub.desk.service import DeskService
from confhub.engine.engine import MediaEngine
from confhub.engine.hosting import media
from confhub.http.app import build_app
from confhub.http.context import Services
from confhub.http.serving import serving
from confhub.i18n.catalogue import Catalogue
from confhub.idempotency.service import IdempotencyService
from confhub.invitations.holding import InvitationHolder
from confhub.invitations.service import Invitations
from confhub.jobs.clockwork import Clockwork
from confhub.jobs.recurring import Recurring
from confhub.kernel import tls
from confhub.kernel.clock import SystemClock
from confhub.kernel.doors import listen, raise_open_files
from confhub.kernel.errors import StartError
from confhub.kernel.events import Bus, InProcessBus
from confhub.kernel.lag import LoopLag
from confhub.kernel.limits import OPEN_FILES
from confhub.kernel.load import Load
from confhub.org.paper_service import PaperService
from confhub.org.published import TierColumns, UnitColumns
from confhub.org.service import OrgService
from confhub.people.merging import MergeService
from confhub.people.privacy import PrivacyService
from confhub.people.retention import RetentionService
from confhub.people.service import PeopleService
from confhub.post.mailer import Mailer
from confhub.post.service import PostService
from confhub.post.worker import Post
from confhub.recurring import recurring
from confhub.registry.asking import AskingService
from confhub.registry.fleet import FleetService
from confhub.registry.importing import ImportService
from confhub.registry.kiosk import KioskService
from confhub.registry.pairing import PairingService
from confhub.registry.published import RoomColumns
from confhub.registry.service import RegistryService, endpoints_in_use
from confhub.reports.drawing.files import ReportFiles
from confhub.reports.mailing.letters import Letters
from confhub.reports.mailing.schedules import LONGEST_S as REPORT_LONGEST_S
from confhub.reports.mailing.schedules import REPORT, ScheduleService
from confhub.reports.people.history import HistoryService
from confhub.reports.people.service import PeopleReportService
from confhub.reports.rooms.service import ReportService
from confhub.rosters.absences import AbsenceService
from confhub.rosters.holding import RosterHolder, attended
from confhub.rosters.importing import PeopleImportService
from confhub.rosters.service import RosterService
from confhub.rosters.unit_moves import UnitMoveService
from confhub.scheduling.asking import AskService
from confhub.scheduling.bookings import BookingKeeper
from confhub.scheduling.calendar import CalendarService
from confhub.scheduling.moving import MovingService
from confhub.scheduling.published import SeriesColumns
from confhub.scheduling.room_settings import RoomSettings
from confhub.scheduling.service import SeriesService
from confhub.sessions.census import CensusService
from confhub.sessions.control import ControlService
from confhub.sessions.join import JoinService
from confhub.sessions.live import LiveService
from confhub.sessions.profiles import ProfileKeeper
from confhub.sessions.published import SessionColumns
from confhub.sessions.quality import QualityService
from confhub.sessions.service import SessionService
from confhub.sessions.stage import StageKeeper
from confhub.settings import Settings
from confhub.sheets.reading import FileReading
from confhub.templates.service import TemplateService
from confhub.training.certificates import CertificateService
from confhub.training.holding import TrainingHolder
from confhub.training.learning import LearningService
from confhub.training.limits import BATCH, LRS_LONGEST_S
from confhub.training.prints import CertificatePrints
from confhub.training.published import CertificateColumns, CourseColumns
from confhub.training.record_store import RecordStore
from confhub.training.service import CourseService
from confhub.training.stating import LEARNING
from confhub.training.store import title_and_path
from confhub.training.verifying import VerifyService
from confhub.webhooks.made import Webhooks
from confhub.weekly.papers import WeekPapers

_BACKLOG = 1024
"""Connections that wait to be accepted; beyond, the system lets them try again a second later."""

AUDITED = {
    "account": (AccountColumns.id, AccountColumns.username),
    "session": (SessionColumns.id, SessionColumns.title),
    "series": (SeriesColumns.id, SeriesColumns.title),
    "endpoint": (RoomColumns.id, RoomColumns.name),
    "roster": (RoomColumns.id, RoomColumns.name),
    "unit": (UnitColumns.id, UnitColumns.name),
    "tier": (TierColumns.id, TierColumns.name),
    "course": (CourseColumns.id, CourseColumns.title),
    "certificate": (CertificateColumns.id, CertificateColumns.number),
}
"""What the audit trail calls its subjects by. People stay numbers: to read a name is a look, and logged."""


async def open_database(settings: Settings, bus: Bus) -> Database:
    """The database, brought to this version's schema. StartError names the setting at fault."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StartError(
            f"--data (CONFHUB_DATA_DIR): cannot write to {settings.data_dir} ({error.strerror})."
        ) from error
    if not os.access(settings.data_dir, os.W_OK):
        raise StartError(f"--data (CONFHUB_DATA_DIR): {settings.data_dir} is not writable.")
    caution.tighten(settings.data_dir)
    database = Database(settings.database_url, bus)
    try:
        await upgrade(database)
    except StartError:
        await database.close()
        raise
    return database


def make_services(
    settings: Settings, db: Database, clock: SystemClock, engine: MediaEngine, stage: StageKeeper,
    setup_code: SetupCode | None,
) -> Services:  # fmt: skip
    """Every service over one database and one engine."""
    privacy = PrivacyService(
        db, clock, (RosterHolder(), CheckinHolder(), TrainingHolder(), InvitationHolder())
    )
    reports = ReportService(db, clock, settings.timezone)
    catalogue = Catalogue.load()
    home = settings.public_url or f"http://{settings.host}:{settings.port}"
    people_reports = PeopleReportService(db, clock, settings.timezone)
    courses = CourseService(db, clock)
    report_files = ReportFiles(people_reports, clock, settings.data_dir / "files", courses)
    letters = Letters(people_reports, report_files, catalogue, home)
    mailer = Mailer(settings.smtp_url, settings.mail_from, clock) if settings.smtp_url else None
    post = Post(db, clock)
    schedules = ScheduleService(
        db, clock, letters, settings.timezone, post, mailer, settings.recipients_allowed
    )
    if settings.lrs_url:
        store = RecordStore(db, settings.lrs_url, settings.lrs_key, settings.lrs_secret)
        post.carry(LEARNING, store.send, at_once=BATCH, longest_s=LRS_LONGEST_S)
    files = FileReading()
    refusals = Refusals(db, clock)
    certificates = CertificateService(db, clock, settings.timezone)
    prints = CertificatePrints(certificates, clock, settings.data_dir / "prints")
    for kept in (report_files, prints):
        privacy.holds_outside(kept.empty)
    checkin = CheckinService(db, clock, settings.timezone, files, refusals)
    bookings = (BookingKeeper if mailer is None else ToldBookings)(clock, settings.timezone)
    session_letters = LetterService(
        db, clock, post, mailer, catalogue, sender=settings.mail_from, allowed=settings.recipients_allowed,
        home=home, timezone=settings.timezone, language=settings.default_language,
    )  # fmt: skip
    if mailer is not None:
        post.carry(REPORT, schedules.send, longest_s=REPORT_LONGEST_S)
        post.carry(LETTER, session_letters.send, longest_s=LETTER_LONGEST_S)
    sessions = SessionService(
        db, clock, engine, timezone=settings.timezone, effect=effects.check_margins, bookings=bookings
    )
    lag = LoopLag()
    return Services(
        settings=settings,
        clock=clock,
        bus=db.bus,
        lag=lag,
        load=Load(lag, lambda: checkin.filling),
        catalogue=catalogue,
        accounts=AccountService(db, clock, setup_code, refusals=refusals, timezone=settings.timezone),
        refusals=refusals,
        audit=AuditService(db, AUDITED, (AccountColumns.id, AccountColumns.display_name)),
        org=OrgService(db, clock, occupied=endpoints_in_use, timezone=settings.timezone),
        papers=PaperService(db, clock),
        registry=RegistryService(db, clock, settings.timezone),
        pairing=PairingService(db, clock),
        asking=AskingService(db, clock),
        kiosk=KioskService(db, clock),
        fleet=FleetService(db, clock),
        imports=ImportService(db, clock, settings.timezone, files),
        sessions=sessions,
        series=SeriesService(db, clock, bookings, settings.timezone),
        asks=AskService(db, clock, settings.timezone),
        calendar=CalendarService(db, clock, settings.timezone),
        moving=MovingService(sessions),
        letters=session_letters,
        feeds=FeedService(db, clock, catalogue, home, settings.timezone),
        contacts=ContactService(db, clock, settings.recipients_allowed if mailer else None),
        agendas=AgendaService(db, clock),
        templates=TemplateService(db, clock, sessions),
        documents=DocumentService(db, clock),
        invitations=Invitations.made(db, clock, post, mailer, catalogue, settings, home),
        week_papers=(papers := WeekPapers(db, clock, settings.timezone)),
        weekly=papers.weekly,
        idempotency=IdempotencyService(db, clock),
        webhooks=Webhooks.made(db, clock, post, settings, home),
        room_settings=RoomSettings(db, clock, bookings),
        control=ControlService(db, clock, stage),
        join=JoinService(db, clock, engine),
        live=LiveService(db, clock),
        quality=QualityService(db, clock, engine),
        census=CensusService(db),
        attendance=AttendanceService(db, clock),
        reports=reports,
        people=PeopleService(db, clock, settings.timezone),
        people_imports=PeopleImportService(db, clock, title_and_path, settings.timezone, files),
        merges=MergeService(db, clock, checkin_store.mark_people_stale),
        privacy=privacy,
        retention=RetentionService(db, clock, privacy, attended, checkin_store.forget_likeness),
        histories=HistoryService(db, clock),
        rosters=RosterService(db, clock, title_and_path, settings.timezone),
        absences=AbsenceService(db, clock),
        unit_moves=UnitMoveService(db, clock, settings.timezone),
        checkin=checkin,
        moves=MoveService(db, clock),
        undoing=(undoing := UndoService(db, clock)),
        phones=PhoneService(db, clock, undoing),
        files=files,
        tablets=TabletService(db, clock),
        codes=CodeService(db, clock, refusals),
        plans=PlanService(db, clock),
        figures=Deriver(db, clock),
        corrections=CorrectionService(db, clock),
        seals=SealService(db, clock, settings.timezone),
        courses=courses,
        certificates=certificates,
        verifier=VerifyService(db, clock),
        certificate_prints=prints,
        learning=LearningService(db, clock, post, settings.lrs_url, home),
        people_reports=people_reports,
        report_files=report_files,
        desk=DeskService(db, clock),
        schedules=schedules,
        post=PostService(db, clock),
        engine=engine,
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket (IPv4, or IPv6 for an address with colons). StartError names the flag at fault."""
    try:
        return listen(host, port, _BACKLOG)
    except socket.gaierror as error:
        raise StartError(f"--host (CONFHUB_HOST): {host} is no address of this machine ({error}).") from error
    except OSError as error:
        raise StartError(
            f"--host {host} --port {port} (CONFHUB_HOST, CONFHUB_PORT): {error.strerror}. Choose another."
        ) from error


def _webhook_listener(settings: Settings) -> socket.socket:
    """A plain listener on loopback for the relay's webhooks, where the pages' own is TLS or elsewhere.

    Its port is kept over restarts, because a relay that outlived the hub goes on calling it.
    """
    kept = settings.data_dir / "webhook-port"
    try:
        listener = bind("127.0.0.1", int(kept.read_text()))
    except (OSError, ValueError, StartError):
        listener = bind("127.0.0.1", 0)
    kept.write_text(str(listener.getsockname()[1]))
    return listener


@asynccontextmanager
async def tasks(
    services: Services, stage: StageKeeper, profiles: ProfileKeeper, works: Recurring
) -> AsyncIterator[None]:
    """The hub's long tasks, for the length of the block: who listens all the time, and the runner of all that
    recurs."""
    await services.attendance.start()
    await services.checkin.start()
    running = [
        asyncio.create_task(services.lag.run(), name="lag"),
        asyncio.create_task(services.fleet.run(), name="fleet"),
        asyncio.create_task(stage.run(), name="stage"),
        asyncio.create_task(profiles.run(), name="profiles"),
        asyncio.create_task(works.run(), name="recurring"),
    ]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await services.checkin.close()
        await services.certificate_prints.close()
        await services.report_files.close()
        await services.files.close()
        await services.refusals.write()
        await services.attendance.close()


async def serve(settings: Settings) -> int:
    """Run the hub until SIGINT or SIGTERM. Raises StartError where it cannot start."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        await _start(settings, stack)
        await stop.wait()
    return 0


async def _start(settings: Settings, stack: AsyncExitStack) -> None:
    """Bring everything up in order; what was brought up is in the stack, to be taken down in reverse."""
    console = Console()
    clock = SystemClock()
    raise_open_files(OPEN_FILES)
    listener = bind(settings.host, settings.port)
    stack.callback(listener.close)
    port = listener.getsockname()[1]
    db = await open_database(settings, InProcessBus())
    stack.push_async_callback(db.close)
    on_loopback = settings.host in ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104 - compared, not bound
    webhooks = listener if on_loopback and not settings.tls else _webhook_listener(settings)
    engine, relay = await stack.enter_async_context(media(settings, webhooks.getsockname()[1], clock))

    setup_code = SetupCode()
    stage = StageKeeper(db, clock, engine, db.bus)
    services = make_services(settings, db, clock, engine, stage, setup_code)
    profiles = ProfileKeeper(db, engine, db.bus)
    clockwork = Clockwork(db, clock, engine, services.sessions, stage, services.attendance, profiles=profiles)
    declared = recurring(services, clockwork, db, clock)
    works = Recurring(db, clock, declared, lambda: services.load.pressed)

    if relay is not None:
        relay.on_restart = clockwork.reopen
        await clockwork.reopen()

    pages = build_app(services)
    pages.router.add_get("/healthz", healthy)
    context = await _tls(settings, stack)
    listeners = [(listener, context)] + ([(webhooks, None)] if webhooks is not listener else [])
    await stack.enter_async_context(serving(pages, listeners))
    await stack.enter_async_context(tasks(services, stage, profiles, works))
    if relay is not None:
        stack.push_async_callback(relay.stop)  # first to go: its last webhooks find the hub still serving

    gc.collect()
    gc.freeze()  # what exists now stays: no later collection has to look through it
    caution.warn(settings, console)
    url = settings.public_url or f"{'https' if context else 'http'}://{_shown(settings.host)}:{port}"
    console.print(f"confhub is ready: {url}", highlight=False, soft_wrap=True)
    if await services.accounts.setup_needed():
        console.print(f"No administrator yet. Open {url}/setup and enter:", highlight=False, soft_wrap=True)
        console.print(f"  {setup_code.text}", highlight=False)


async def healthy(_request: web.Request) -> web.Response:
    """For service managers and load balancers: the hub serves."""
    return web.Response(text="ok")


async def _tls(settings: Settings, stack: AsyncExitStack) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = tls.server_context(settings.tls_cert, settings.tls_key)
    await stack.enter_async_context(tls.reloading(context, settings.tls_cert, settings.tls_key))
    return context


def _shown(host: str) -> str:
    """The host as it stands in a URL that a person can open."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = socket.gethostname()
    return f"[{host}]" if ":" in host else host
