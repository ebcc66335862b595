"""If these failed, the campaign could call books right that are not: a check that can't fail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.checking import Recorded, Wrong, findings
from tests.faults.notebook import Answer, Asked, Name, Notebook

FIRST, SECOND = Name("payment", "1"), Name("payment", "2")
ASKED = [FIRST, SECOND]
ANSWERS = [Answer("payment", "1", "RC-1", 0), Answer("payment", "2", "RC-2", 0)]
MADE = [(FIRST, "RC-1"), (SECOND, "RC-2")]
IN_ORDER = {"payments": [1, 2]}


def wrongs(recorded: Recorded) -> set[Wrong]:
    return {finding.wrong for finding in findings(ASKED, ANSWERS, recorded)}


def test_nothing_is_wrong_with_books_that_say_what_was_acknowledged() -> None:
    assert findings(ASKED, ANSWERS, Recorded(MADE, IN_ORDER)) == []


def test_what_was_asked_and_never_answered_may_be_recorded_or_not() -> None:
    assert findings(ASKED, ANSWERS[:1], Recorded(MADE, IN_ORDER)) == []
    assert findings(ASKED, ANSWERS[:1], Recorded(MADE[:1], {"payments": [1]})) == []


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (Recorded(MADE[:1], {"payments": [1]}), {"lost"}),
        (Recorded([*MADE, MADE[0]], {"payments": [1, 2, 3]}), {"doubled"}),
        (Recorded([(FIRST, "RC-1"), (SECOND, "RC-1")], IN_ORDER), {"doubled", "renumbered"}),
        (Recorded([(FIRST, "RC-1"), (SECOND, "RC-3")], IN_ORDER), {"renumbered"}),
        (Recorded([*MADE, (Name("payment", "3"), "RC-3")], {"payments": [1, 2, 3]}), {"unasked"}),
        (Recorded(MADE, {"payments": [1, 3]}), {"disordered"}),
        (Recorded(MADE, {"payments": [2, 1]}), {"disordered"}),
        (Recorded(MADE, {"payments": [1, 1, 2]}), {"disordered"}),
    ],
    ids=["lost", "twice", "number twice", "renumbered", "unasked", "hole", "order", "position"],
)
def test_each_way_in_which_books_can_be_wrong_is_found(
    recorded: Recorded, expected: set[Wrong]
) -> None:
    assert wrongs(recorded) == expected


def test_an_invoice_and_a_payment_may_have_the_same_name_and_are_not_taken_for_each_other() -> None:
    invoice = Name("invoice", "1")
    recorded = Recorded([(invoice, "FA-1"), (SECOND, "RC-2")], IN_ORDER)
    assert {f.wrong for f in findings([*ASKED, invoice], ANSWERS, recorded)} == {"lost"}


def test_the_notebook_forgets_nothing_but_the_line_that_a_kill_cut_short(tmp_path: Path) -> None:
    notes = Notebook(tmp_path)
    notes.ask([Asked("payment", "1", {}), Asked("payment", "2", {})])
    notes.answer([(FIRST, "RC-1")])
    with (tmp_path / "answers.jsonl").open("a") as file:
        file.write(json.dumps({"kind": "payment", "id": "2"})[:20])
    assert [answer.name for answer in notes.answers()] == [FIRST]
    assert [request.name for request in notes.unanswered()] == [SECOND]
    assert notes.count() == 1


def test_an_answer_counts_once_it_is_on_disk_even_if_the_client_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys; from tests.faults.notebook import *;"
        "Notebook(pathlib.Path(sys.argv[1])).answer([(Name('payment', '1'), 'RC-1')]);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode
    assert [answer.name for answer in Notebook(tmp_path).answers()] == [FIRST]
