"""Each check asks the real Triton and Ferry the same, and compares the answers field by field.

A difference has to be in known-differences.json, with its reason; one that no longer occurs has to go from there.
"""

import dataclasses
import http.client
import shutil

import differences
import pytest
import servers
from checks import MODELS, all_checks
from conformance import answer
from conformance import differences as between

CHECKS = all_checks()


@dataclasses.dataclass(frozen=True)
class Outcome:
    unexplained: dict
    explained: dict


@pytest.fixture(scope="module")
def outcomes(repositories, tmp_path_factory, request):
    """All checks, run against both servers in the same order, so that both are in the same state at each."""
    folder = tmp_path_factory.mktemp("compared")
    for side in ("ferry", "triton"):
        for model in MODELS:
            shutil.copytree(repositories / side / model, folder / side / model)
    answers = {}
    for side, start in (("triton", servers.triton), ("ferry", servers.ferry)):
        try:
            with start(folder / side) as server:
                servers.load_all(server)
                answers[side] = {name: answer_to(name, server) for name in CHECKS}
        except servers.Unavailable as reason:
            pytest.skip(f"no Triton to compare with: {reason}")
    found = {name: outcome_of(name, answers) for name in CHECKS}
    request.config.stash[SUMMARY] = found
    return found


SUMMARY = pytest.StashKey()


def answer_to(name, server):
    try:
        return answer(server, CHECKS[name])
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(f"{server.name} did not answer {name!r}: {error!r}\n{servers.tail(server.log)}") from error


def outcome_of(name, answers):
    different = between(answers["triton"][name], answers["ferry"][name])
    explained = {field: reason_for(name, field) for field in different if reason_for(name, field)}
    unexplained = {field: values for field, values in different.items() if field not in explained}
    return Outcome(unexplained, explained)


def reason_for(check, field):
    return next((each for each in differences.known() if each.covers(check, field)), None)


@pytest.mark.parametrize("name", CHECKS)
def test_both_answer_alike(outcomes, name):
    lines = [f"{field}: Triton {triton!r}, Ferry {ferry!r}" for field, (triton, ferry) in outcomes[name].unexplained.items()]
    assert not lines, "\n".join(["not explained:", *lines])


def test_every_listed_difference_still_occurs(outcomes):
    seen = {each for outcome in outcomes.values() for each in outcome.explained.values()}
    assert [each.what for each in differences.known() if each not in seen] == []


def test_the_document_has_the_table_of_differences():
    assert differences.documented() == differences.table()
