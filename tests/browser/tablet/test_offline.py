"""The tablet without the hub: it opens, ticks, is reloaded and restarted, and everything arrives once."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, Response, expect

from tests.plugins.tablets import KEPT, NAMES, SENT, Room


async def tick(page: Page, name: str) -> None:
    """Tick somebody, and wait until it is safe in the browser."""
    await page.wait_for_selector("body[data-ready=true]")  # what was kept is counted by then
    before = int(await page.locator("body").get_attribute("data-waiting") or "")
    await page.locator(".person", has_text=name).locator("[data-deed]").click()
    await page.wait_for_selector(f"body[data-waiting='{before + 1}']")


async def test_what_is_ticked_while_the_hub_is_dead_arrives_once(room: Room) -> None:
    page = await room.started()
    await room.enter(page)
    await tick(page, NAMES[0])
    await page.wait_for_selector(SENT)
    await asyncio.to_thread(room.hub.stop, signal.SIGKILL)

    await tick(page, NAMES[1])
    await page.wait_for_selector("body[data-line=away]")
    await expect(page.locator("#line-text")).to_contain_text("1 entry is waiting")
    began = datetime.now(UTC)

    await page.reload()  # the page opens out of the browser, with its list and what waits
    await expect(page.locator("#filter-here .chip-count")).to_have_text("2")
    await tick(page, NAMES[2])
    await page.click("#open-guest")
    await page.fill("#guest-name", "Khách lúc mất mạng")
    await page.press("#guest-name", "Enter")
    await page.wait_for_selector("body[data-waiting='3']")

    await room.off()  # the tablet is switched off and on again
    page = await room.started()
    await page.goto("/tablet")
    await page.click(f"a[href='/tablet/sessions/{room.session}']")
    await expect(page.locator("#filter-here .chip-count")).to_have_text("4")
    await page.keyboard.type(room.badges[NAMES[3]])
    await page.keyboard.press("Enter")
    await expect(page.locator(".person", has_text=NAMES[3])).to_have_attribute("data-state", "in")
    await page.click("#open-heads")
    await page.click("#heads-pad [data-key='5']")
    await page.click("#heads-give")
    await page.wait_for_selector("body[data-waiting='5']")
    await expect(page.locator("#line-text")).to_contain_text("5 entries are waiting")
    ended = datetime.now(UTC)

    await asyncio.to_thread(room.hub.start)
    await page.wait_for_selector(SENT)
    await page.wait_for_selector("body[data-line=there]")
    assert await room.events() == [
        (NAMES[0], "in", "tablet"),
        (NAMES[1], "in", "tablet"),
        (NAMES[2], "in", "tablet"),
        ("Khách lúc mất mạng", "in", "tablet"),
        (NAMES[3], "in", "badge"),
    ]
    assert await room.heads() == [5]
    margin = timedelta(seconds=30)  # when it was ticked, not when it arrived
    assert all(began - margin < at < ended + timedelta(seconds=2) for at in (await room.moments())[1:])


async def test_a_session_that_was_only_listed_opens_without_the_hub(room: Room) -> None:
    page = await room.tablet()
    await room.enter(page, session=False)
    await page.evaluate(KEPT, f"/tablet/sessions/{room.session}")
    await asyncio.to_thread(room.hub.stop)
    await page.click(f"a[href='/tablet/sessions/{room.session}']")
    await tick(page, NAMES[4])
    await page.click("#all-in")
    await page.click(".ask-dialog[open] .btn-danger")
    await expect(page.locator("#filter-here .chip-count")).to_have_text(str(len(NAMES)))
    await asyncio.to_thread(room.hub.start)
    await page.wait_for_selector(SENT)
    assert sorted(name for name, _, _ in await room.events()) == sorted(NAMES)


async def test_a_hub_that_dies_after_storing_gets_the_same_batch_again_and_stores_nothing_twice(
    room: Room,
) -> None:
    page = await room.entered()
    lost: list[int] = []

    async def swallow(route: object) -> None:
        answer = await route.fetch()  # type: ignore[attr-defined]
        lost.append(answer.status)
        await route.abort()  # type: ignore[attr-defined]

    await page.route("**/events*", swallow, times=2)
    for name in NAMES[:3]:
        await tick(page, name)
    await page.wait_for_selector(SENT)
    assert lost == [200, 200]
    assert await room.events() == [(name, "in", "tablet") for name in NAMES[:3]]


async def test_two_tabs_of_one_tablet_send_everything_once(room: Room) -> None:
    page = await room.entered()
    assert room.context is not None
    other = await room.context.new_page()
    await other.goto(f"/tablet/sessions/{room.session}")
    await other.wait_for_selector("body[data-ready=true]")
    sent: list[str] = []

    def heard(response: Response) -> None:
        if response.request.method == "POST":
            sent.extend(one["key"] for one in response.request.post_data_json["events"])

    room.context.on("response", heard)
    await asyncio.to_thread(room.hub.stop)
    await tick(page, NAMES[0])
    await other.wait_for_selector("body[data-waiting='1']")
    await tick(other, NAMES[1])
    await page.wait_for_selector("body[data-waiting='2']")
    await asyncio.to_thread(room.hub.start)
    await page.wait_for_selector(SENT)
    await other.wait_for_selector(SENT)
    assert len(sent) == len(set(sent)) == 2
    assert await room.events() == [(name, "in", "tablet") for name in NAMES[:2]]


async def test_a_tablet_whose_clock_is_hours_wrong_is_put_right(room: Room) -> None:
    page = await room.tablet()
    assert room.context is not None
    await room.context.add_init_script("const real = Date.now; Date.now = () => real() - 7 * 3600_000;")
    await room.enter(page)
    await asyncio.to_thread(room.hub.stop)
    await tick(page, NAMES[0])
    await page.reload()
    await tick(page, NAMES[1])
    await asyncio.to_thread(room.hub.start)
    await page.wait_for_selector(SENT)
    now = datetime.now(UTC)
    assert [name for name, _, _ in await room.events()] == list(NAMES[:2])
    assert all(timedelta(0) < now - at < timedelta(minutes=2) for at in await room.moments())


async def test_what_the_tablet_knows_of_its_clock_outlives_a_reload_without_the_hub(room: Room) -> None:
    page = await room.tablet()
    assert room.context is not None
    await room.context.add_init_script(
        "const real = Date.now; Date.now = () => real() - 150_000 + Number(localStorage.getItem('set') ?? 0);"
    )
    await room.enter(page)
    await page.wait_for_function("localStorage.getItem('confhub-clock')")
    await asyncio.to_thread(room.hub.stop)
    await page.reload()
    await tick(page, NAMES[0])
    offset = """async () => {
      const db = await new Promise((done) => {
        indexedDB.open("confhub-tablet").onsuccess = ({ target }) => done(target.result);
      });
      return new Promise((done) => {
        db.transaction("outbox").objectStore("outbox").getAll().onsuccess = ({ target }) =>
          done(target.result.map((one) => one.offset));
      });
    }"""
    known = await page.evaluate(offset)
    assert len(known) == 1
    assert abs(known[0] - 150_000) < 5_000

    await page.evaluate("localStorage.setItem('set', '3600000')")  # somebody sets the clock an hour ahead
    await tick(page, NAMES[1])
    assert (await page.evaluate(offset))[1] is None  # what was known of the other clock is forgotten
    assert await page.evaluate("localStorage.getItem('confhub-clock')") is None

    await asyncio.to_thread(room.hub.start)
    await page.wait_for_selector(SENT)
    now = datetime.now(UTC)
    assert all(timedelta(0) < now - at < timedelta(minutes=2) for at in await room.moments())


async def test_answers_that_take_long_move_nobody(room: Room) -> None:
    page = await room.entered()
    slow = 6.0

    async def late(route: object) -> None:
        await asyncio.sleep(slow)  # the hub is slow to answer, not a race that is waited for
        await route.continue_()  # type: ignore[attr-defined]

    await page.route("**/api/v1/t*/**", late)
    began = datetime.now(UTC)
    await tick(page, NAMES[0])
    ticked = datetime.now(UTC)
    await page.wait_for_selector(SENT)
    (at,) = await room.moments()
    assert began - timedelta(seconds=1) < at < ticked + timedelta(seconds=1)
    await page.unroute_all(behavior="wait")


async def test_what_the_hub_refuses_is_shown_with_its_reason(room: Room) -> None:
    page = await room.entered()
    await asyncio.to_thread(room.hub.stop)
    await tick(page, NAMES[0])
    await room.seal()
    await asyncio.to_thread(room.hub.start)
    await page.click("#open-refused")
    await expect(page.locator("#refused-list")).to_contain_text(NAMES[0])
    await expect(page.locator("#refused-list")).to_contain_text("attendance of this session is closed")
    await page.reload()
    await expect(page.locator("#open-refused")).to_be_visible()
    assert await room.events() == []


async def test_a_long_outage_is_sent_in_batches_of_five_hundred(room: Room) -> None:
    page = await room.entered()
    await asyncio.to_thread(room.hub.stop)
    await tick(page, NAMES[0])
    await page.evaluate(
        """() => new Promise((done) => {
          indexedDB.open("confhub-tablet").onsuccess = (event) => {
            const all = event.target.result.transaction("outbox", "readwrite").objectStore("outbox");
            all.getAll().onsuccess = ({ target }) => {
              const [{ n, ...one }] = target.result;
              for (let i = 1; i <= 1100; i++) {
                all.add({ ...one, key: `${one.key}-${i}`, kind: i % 2 ? "out" : "in", at: one.at + i });
              }
              all.transaction.oncomplete = done;
            };
          };
        })"""
    )
    await page.reload()
    await page.wait_for_selector("body[data-waiting='1101']")
    batches: list[int] = []

    def heard(response: Response) -> None:
        if response.request.method == "POST":
            batches.append(len(response.request.post_data_json["events"]))

    page.on("response", heard)
    await asyncio.to_thread(room.hub.start)
    await page.wait_for_selector(SENT)
    assert batches == [500, 500, 101]
    assert len(await room.events()) == 1101


async def test_on_plain_http_the_open_page_goes_on_and_says_what_it_cannot_do(room: Room) -> None:
    page = await room.started(
        "--host-resolver-rules=MAP hub.example 127.0.0.1",
        base_url=room.hub.url.replace("127.0.0.1", "hub.example"),
    )
    await page.goto("/tablet")
    await page.fill("#f-code", room.code)
    await page.click("form[action='/tablet'] button[type=submit]")
    await page.click(f"a[href='/tablet/sessions/{room.session}']")
    await page.wait_for_selector("body[data-ready=true]")
    await page.click("#open-scan")
    await expect(page.locator("#scan-told")).to_contain_text("HTTPS")
    await page.click("#scan [data-close]")
    await asyncio.to_thread(room.hub.stop)
    await tick(page, NAMES[0])
    await expect(page.locator("#unsecure")).to_be_visible()
    await asyncio.to_thread(room.hub.start)
    await page.wait_for_selector(SENT)
    assert await room.events() == [(NAMES[0], "in", "tablet")]


OLDER = """([outbox, refused, kept]) => new Promise((done) => {
  const wish = indexedDB.open("confhub-tablet", 1);
  wish.onupgradeneeded = () => {
    wish.result.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
    wish.result.createObjectStore("refused", { keyPath: "key" });
    wish.result.createObjectStore("kept", { keyPath: "id" });
  };
  wish.onsuccess = () => {
    const all = wish.result.transaction(["outbox", "refused", "kept"], "readwrite");
    for (const one of outbox) all.objectStore("outbox").put(one);
    all.objectStore("refused").put(refused);
    all.objectStore("kept").put(kept);
    all.oncomplete = () => { wish.result.close(); done(); };
  };
})"""
"""The tablet's database as the first pages made and filled it."""


async def test_what_an_older_page_left_in_the_browser_is_shown_and_sent(room: Room) -> None:
    endpoint, now = await room.endpoint(), datetime.now(UTC)
    at = int(now.timestamp() * 1000)
    usual = {"session": room.session, "endpoint": endpoint, "way": "tablet", "at": at, "offset": 0}
    ids = {name: (await room.attendee(name)).id for name in NAMES}
    outbox: list[dict[str, object]] = [
        {**usual, "key": "old-1", "kind": "in", "attendee": ids[NAMES[0]], "label": NAMES[0]},
        {**usual, "key": "old-2", "kind": "in", "guest": {"name": "Khách cũ"}, "label": "Khách cũ"},
        {**usual, "key": "old-3", "kind": "heads", "people": 12, "label": "Head count 12"},
    ]
    refused = {
        **usual, "key": "old-0", "kind": "in", "attendee": ids[NAMES[1]], "label": NAMES[1],
        "code": "x", "message": "An older reason.", "refused_at": at,
    }  # fmt: skip
    session = {
        "id": room.session, "title": "An older title", "state": "lobby", "starts_at": now.isoformat(),
        "ends_at": now.isoformat(),
    }  # fmt: skip
    person = {"id": ids[NAMES[0]], "name": NAMES[0], "state": "none", "state_at": None}
    picture = {
        "hub_time": now.isoformat(), "session": session, "people": [person], "head_count": None,
        "policy": {"ways": ["tablet"], "guests": True, "prompts": 0}, "prompt": None,
    }  # fmt: skip
    page = await room.tablet()
    await page.goto("/tablet")
    kept = {"id": f"session:{room.session}:{endpoint}", "picture": picture}
    await page.evaluate(OLDER, [outbox, refused, kept])
    await page.fill("#f-code", room.code)
    await page.route("**/api/v1/**", lambda route: route.abort())
    await page.click("form[action='/tablet'] button[type=submit]")
    await page.wait_for_selector("body[data-ready=true]")
    await page.goto(f"/tablet/sessions/{room.session}")
    await page.wait_for_selector("body[data-waiting='3']")
    await expect(page.locator("#session-title")).to_have_text("An older title")
    await expect(page.locator("#people .person[data-state=in]")).to_have_count(2)
    await page.click("#open-refused")
    await expect(page.locator("#refused-list")).to_contain_text("An older reason.")
    await page.click("#refused [data-close]")

    await page.unroute("**/api/v1/**")
    await page.wait_for_selector(SENT)
    assert await room.events() == [(NAMES[0], "in", "tablet"), ("Khách cũ", "in", "tablet")]
    assert await room.heads() == [12]
    assert all(abs(moment - now) < timedelta(seconds=2) for moment in await room.moments())
