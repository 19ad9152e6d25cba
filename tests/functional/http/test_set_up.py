"""Set-up and log-in through the door."""

from __future__ import annotations

from confhub.accounts.service import SetupCode
from tests.plugins.website import PASSWORD, Reader


async def test_the_first_page_leads_to_set_up_while_there_is_no_administrator(reader: Reader) -> None:
    assert (await reader.get("/")).location == "/login"
    assert (await reader.get("/login")).location == "/setup"


async def test_the_terminal_s_code_makes_the_administrator_once(
    reader: Reader, setup_code: SetupCode
) -> None:
    await reader.get("/setup")
    form = {
        "code": setup_code.text,
        "username": "admin",
        "display_name": "Quản trị",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    made = await reader.post("/setup", form)
    assert (made.status, made.location) == (303, "/import")
    assert (await reader.get("/")).status == 200
    assert (await reader.get("/setup")).status == 404
    assert (await reader.post("/setup", form)).status == 404


async def test_a_wrong_code_is_named_and_the_typed_text_is_kept(reader: Reader) -> None:
    await reader.get("/setup")
    answer = await reader.post(
        "/setup",
        {
            "code": "AAAA-BBBB-CCCC",
            "username": "admin",
            "display_name": "Quản trị",
            "password": PASSWORD,
            "password_again": PASSWORD,
        },
    )
    assert answer.status in (403, 422)
    assert 'value="Quản trị"' in answer.text
    assert PASSWORD not in answer.text


async def test_two_different_passwords_are_refused(reader: Reader, setup_code: SetupCode) -> None:
    await reader.get("/setup")
    answer = await reader.post(
        "/setup",
        {
            "code": setup_code.text,
            "username": "admin",
            "display_name": "Q",
            "password": PASSWORD,
            "password_again": PASSWORD + "!",
        },
    )
    assert answer.status == 422
    assert "The two passwords are not the same." in answer.text


async def test_after_the_log_in_the_wanted_page_is_shown(admin: Reader) -> None:
    await admin.post("/logout")
    wanted = await admin.get("/endpoints?search=a")
    assert wanted.location == "/login?next=%2Fendpoints%3Fsearch%3Da"
    await admin.get(wanted.location)
    back = await admin.post(
        "/login", {"username": "admin", "password": PASSWORD, "next": "/endpoints?search=a"}
    )
    assert (back.status, back.location) == (303, "/endpoints?search=a")


async def test_nobody_is_sent_to_another_host_after_the_log_in(admin: Reader) -> None:
    await admin.post("/logout")
    for target in ("https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"):
        await admin.get("/login")
        answer = await admin.post("/login", {"username": "admin", "password": PASSWORD, "next": target})
        assert answer.location == "/"
        await admin.get("/profile")
        await admin.post("/logout")


async def test_a_wrong_password_says_so_without_telling_which_was_wrong(admin: Reader) -> None:
    await admin.post("/logout")
    await admin.get("/login")
    wrong = await admin.post("/login", {"username": "admin", "password": "wrong-password"})
    unknown = await admin.post("/login", {"username": "nobody", "password": "wrong-password"})
    assert wrong.status == unknown.status
    assert 400 <= wrong.status < 500
    assert "invalid-feedback" in wrong.text or "alert-danger" in wrong.text
