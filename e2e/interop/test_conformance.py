"""Each check asks the real Triton and Ferry the same, and compares the answers field by field.

A difference has to be in known-differences.json, with its reason; one that no longer occurs has to go from there.
"""

import dataclasses
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
                answers[side] = {name: answer(server, check) for name, check in CHECKS.items() if is_askable(server, name)}
        except servers.Unavailable as reason:
            pytest.skip(f"no Triton to compare with: {reason}")
    found = {name: outcome_of(name, answers) for name in CHECKS if all(name in each for each in answers.values())}
    request.config.stash[SUMMARY] = found
    return found


SUMMARY = pytest.StashKey()


def is_askable(server, name):
    return not name.startswith("grpc") or servers.is_open(server.grpc_port)


def outcome_of(name, answers):
    different = between(answers["triton"][name], answers["ferry"][name])
    explained = {field: reason_for(name, field) for field in different if reason_for(name, field)}
    unexplained = {field: values for field, values in different.items() if field not in explained}
    return Outcome(unexplained, explained)


def reason_for(check, field):
    return next((each for each in differences.known() if each.covers(check, field)), None)


@pytest.mark.parametrize("name", CHECKS)
def test_both_answer_alike(outcomes, name):
    if name not in outcomes:
        pytest.skip("the gRPC door is not open")
    lines = [f"{field}: Triton {triton!r}, Ferry {ferry!r}" for field, (triton, ferry) in outcomes[name].unexplained.items()]
    assert not lines, "\n".join(["not explained:", *lines])


def test_every_listed_difference_still_occurs(outcomes):
    seen = {each for outcome in outcomes.values() for each in outcome.explained.values()}
    assert [each.what for each in differences.known() if each not in seen] == []


def test_the_document_has_the_table_of_differences():
    assert differences.documented() == differences.table()
