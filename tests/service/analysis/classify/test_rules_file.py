import pytest

from service.analysis.classify import Classifier, RulesError, parse_rules
from service.analysis.classify.rule_examples import failing_examples
from tests.service.analysis.classify.rulebook import shipped, titled

FAULTY = """\
version = "2"
colour = 3

[prior]
reactive = 2
reactive_class = "failure"

[[rule]]
name = "a"
when = { kind = "incidnt", source_kin = "x" }
class = "fail"
confidence = 0.3

[[rule]]
name = "b"
when = { title = "(" }
class = "failure"

[[rule]]
name = "c"
when = {}
class = "request"

[[words]]
name = "d"
class = "failure"
phrases = [
    "one",
    "two-three",
]

[[words]]
name = "e"
class = "failure"
weight = 9
phrase = ["x"]
phrases = []

[[words]]
name = "f"
class = "failure"
phrases = ["y"]
"""
ORGANISATION = """\
version = "acme"

[[rule]]
name = "our word for upkeep"
when = { title = "^MW " }
class = "maintenance"

[[words]]
name = "ours"
class = "delivery"
weight = 2.0
phrases = ["crash*"]
examples = ["Crash course"]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(RulesError) as raised:
        parse_rules(text, "rules.toml")
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (2, "colour is unknown; known are version"),
        (4, "prior.proactive_class is missing"),
        (5, "prior.reactive must be a share"),
        (10, "rule.when.kind must be one of incident, request"),
        (10, "rule.when.source_kin is unknown; did you mean source_kind?"),
        (11, "rule.class must be one of failure, rework"),
        (12, "rule.confidence must be a number above 0.5"),
        (16, "rule.when.title is not a regular expression"),
        (21, "rule.when has no field: give at least one"),
        (29, "words.phrases 'two-three' is not a phrase of plain words"),
        (35, "words.weight must be a number from 0 to 3"),
        (36, "words.phrase is unknown; did you mean phrases?"),
        (37, "words.phrases must be a list of at least one text"),
        (39, "words needs a weight above 0"),
    ],
)
def test_every_problem_has_its_line_and_its_remedy(line: int, words: str) -> None:
    assert any(problem.startswith(f"rules.toml:{line}: {words}") for problem in problems(FAULTY)), problems(FAULTY)


def test_only_what_is_wrong_is_reported() -> None:
    assert len(problems(FAULTY)) == 14


def test_what_is_no_toml_says_where() -> None:
    assert "rules.toml: is not valid TOML" in problems('version = "1\n')[0]
    assert "line 1" in problems('version = "1\n')[0]


def test_a_phrase_or_a_name_that_is_there_twice_is_refused() -> None:
    rule = '[[words]]\nname = "n"\nclass = "failure"\nweight = 1.0\nphrases = ["x"]\n'
    assert problems(f'version = "1"\n{rule}{rule}') == [
        "rules.toml:8: the name 'n' occurs twice; keep one of them",
        "rules.toml:11: the phrase 'x' occurs twice; keep one of them",
    ]


def test_the_version_changes_with_every_change() -> None:
    rules, changed = parse_rules(ORGANISATION, "own.toml"), parse_rules(ORGANISATION.replace("2.0", "2.1"), "own.toml")
    assert rules.version.startswith("acme+")
    assert rules.version != changed.version
    assert rules.version == parse_rules(ORGANISATION, "elsewhere.toml").version


def test_the_organisations_rules_lead_and_its_phrases_replace() -> None:
    rules = shipped().with_organisation(parse_rules(ORGANISATION, "own.toml"))
    classifier = Classifier(rules)
    decision = classifier.decide(titled("MW mail is down", "incident"))
    assert (decision.work_class, decision.decided_by) == ("maintenance", "organisation: our word for upkeep")
    assert (decision.confidence, decision.contradicts) == (0.95, True)
    assert classifier.decide(titled("Crash course")).nature == "proactive"
    assert classifier.version == f"{shipped().version}/{parse_rules(ORGANISATION, 'own.toml').version}"
    assert failing_examples(rules) != []


def test_every_shipped_rule_does_what_its_examples_say() -> None:
    assert failing_examples(shipped()) == []


def test_every_shipped_rule_has_an_example() -> None:
    structured, phrases = shipped().structured, shipped().words
    assert [rule.name for rule in structured if not (rule.examples and rule.counter_examples)] == []
    assert [rule.name for rule in phrases if not rule.examples] == []


def test_an_example_that_its_rule_contradicts_is_named() -> None:
    faulty = ORGANISATION.replace('"Crash course"', '"Quiet"').replace(
        'class = "maintenance"', 'class = "maintenance"\nexamples = [{ title = "x" }]\nnot = [{ title = "MW x" }]'
    )
    failures = " ".join(failing_examples(parse_rules(faulty, "own.toml")))
    assert "is decided by no rule" in failures
    assert "is listed under not" in failures
    assert "'Quiet' is not read as delivery" in failures
