"""Passwords that are guessed are refused with the reason; sentences are taken."""

from __future__ import annotations

import time

import pytest

from confhub.accounts.errors import PasswordTooLong, PasswordTooShort
from confhub.accounts.secrecy import check_password
from confhub.kernel.errors import DomainError

NAMES = ("nguyen.an", "Nguyễn Văn An", "Tỉnh Phú Thọ", "H44.01", "Thành phố Việt Trì", "Xã Lâm Thao")


def code_of(password: str) -> str:
    try:
        check_password(password, NAMES)
    except DomainError as error:
        return error.code
    return "taken"


@pytest.mark.parametrize("password", ["Password1234", "matkhau123456", "phutho2026", "nine9char"])
def test_short_ones_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooShort):
        check_password(password, NAMES)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Password12345678", "password_common"),
        ("matkhau123456789", "password_common"),
        ("Mật khẩu 123456!", "password_common"),
        ("PhuTho@2026-2026", "password_name"),
        ("UBND@PhuTho#2026", "password_name"),
        ("Nguyễn Văn An 1990", "password_name"),
        ("viettri.2026.lamthao", "password_name"),
        ("qwertyuiopasdfgh", "password_common"),
        ("aaaaaaaaaaaaaaaaaa", "password_row"),
        ("abcdefghijklmnop", "password_row"),
        ("Anhyeuem123456789", "password_common"),
    ],
)
def test_long_ones_that_everybody_tries_are_refused_with_the_reason(password: str, code: str) -> None:
    assert code_of(password) == code


@pytest.mark.parametrize(
    "password",
    ["một câu dài dễ nhớ", "hoang hon mau tim 7 con meo", "tHt-8sK2_qpLzB3x", "correct horse battery staple"],
)
def test_sentences_and_random_letters_are_taken(password: str) -> None:
    assert code_of(password) == "taken"


def test_a_password_over_the_cap_is_refused() -> None:
    with pytest.raises(PasswordTooLong):
        check_password("a b" * 100, NAMES)


@pytest.mark.parametrize("text", ["4@8({[<369|!1/|0$5+7%2" * 11, "48369!105$72@" * 19, "1!7@4" * 50])
def test_no_password_costs_more_than_a_moment(text: str) -> None:
    began = time.thread_time()
    code_of(text[:256])
    assert time.thread_time() - began < 5  # one of them took 22 s
