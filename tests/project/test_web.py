from pathlib import Path

import pytest

from tests.project.shop import SHOP, mistakes, refusal

OIDC = {
    "issuer": "https://sign-in.example",
    "address": "https://limner.example",
    "client_id": "limner",
    "client_secret": "${KEY}",
}

WRONG = [
    ("issuer", "sign-in.example", "is not an address; write such as https://sign-in.shop.example"),
    ("address", "ftp://limner.example", "is not an address; write such as https://limner.shop.example"),
    (
        "client_secret",
        "hunter2",
        "is not a variable of the environment, and a secret does not belong into a file; write ${NAME}",
    ),
]


def web(**changed: str) -> str:
    keys = ", ".join(f"{key}: '{value}'" for key, value in {**OIDC, **changed}.items())
    return f"{SHOP}web: {{auth: oidc, oidc: {{{keys}}}}}\n"


@pytest.mark.parametrize(("key", "value", "sentence"), WRONG)
def test_what_is_no_name_is_not_called_one(tmp_path: Path, key: str, value: str, sentence: str) -> None:
    assert mistakes(tmp_path, web(**{key: value})) == [f"web.oidc.{key}: {sentence}"]


def test_a_secret_that_is_written_out_is_not_shown(tmp_path: Path) -> None:
    told = refusal(tmp_path, web(client_secret=WRONG[2][1]))

    assert "hunter2" not in told
    assert "client_secret: '*******'" in told
