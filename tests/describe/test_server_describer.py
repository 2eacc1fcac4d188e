"""A describer behind a server: what it sends, and what it makes of every kind of reply."""

import pytest
from describers import ChatServer, grey, serving
from PIL import Image

from realness.describe import Asked, Endpoint, Price, ServerDescriber, Unanswered, Usage, image_tokens, known_price
from realness.describe.pictures import data_url
from realness.errors import DescriberProblem, InvalidValue
from realness.prompts import load

FINDINGS, PLAIN = load("findings"), load("raise-td")
SIZE = (64, 48)


@pytest.fixture(scope="module")
def listening():
    with serving() as server:
        yield server


@pytest.fixture
def server(listening):
    fresh = ChatServer()
    for name in ("plan", "refuses", "says", "seen", "bodies", "headers", "key", "delay"):
        setattr(listening, name, getattr(fresh, name))
    return listening


def describer(server, prompt=FINDINGS, **given):
    options = {name: given.pop(name) for name in ("timeout", "retries") if name in given}
    return ServerDescriber(Asked("m", prompt, **given), Endpoint.at(server.url), **{"timeout": 5.0, **options})


def replied(server, tmp_path, *plan, number=1, **given):
    server.plan[number] = list(plan)
    return describer(server, **given).reply(Image.open(grey(number, tmp_path)), SIZE)


def test_a_reply_that_keeps_to_the_schema_is_an_answer_with_findings_and_places(server, tmp_path):
    reply = replied(server, tmp_path, temperature=0.0)
    assert (reply.status, reply.attempts, reply.usage) == ("described", 1, Usage(1000, 100))
    (finding,) = reply.answer.findings
    assert reply.answer.text == "Yes. The hand of person 1 has six fingers"
    assert (finding.phrase, finding.kind, finding.regions[0].coordinates) == ("six fingers", "hands", (0, 0, 32, 48))
    (body,) = server.bodies
    assert body["response_format"]["json_schema"]["strict"] is True
    assert (body["max_tokens"], body["temperature"]) == (2000, 0.0)


def test_a_plain_prompt_asks_for_no_schema(server, tmp_path):
    assert replied(server, tmp_path, prompt=PLAIN).answer.text == "Yes. The hand of person 1 has six fingers."
    assert "response_format" not in server.bodies[0]


def test_what_a_server_refuses_is_left_out_and_remembered(server, tmp_path):
    server.refuses = {"response_format", "max_tokens", "temperature"}
    server.plan = {1: ["fenced"], 2: ["fenced"]}
    one = describer(server, temperature=0.2)
    for number in (1, 2):
        assert one.reply(Image.open(grey(number, tmp_path)), SIZE).status == "described"
    assert len(server.bodies) == 3 + 1 + 1
    assert set(server.bodies[-1]) == {"model", "max_completion_tokens"}


def test_the_parameters_of_a_reply_are_those_that_were_sent(server, tmp_path):
    server.refuses = {"temperature", "max_tokens"}
    parameters = replied(server, tmp_path, temperature=0.2).parameters
    assert parameters == {"max_completion_tokens": 2000, "schema": True, "long_side": 1024}


@pytest.mark.parametrize("bad", ["half JSON", "wrong JSON", "prose"])
def test_an_unusable_reply_is_asked_to_be_repaired_once(server, tmp_path, bad):
    reply = replied(server, tmp_path, bad)
    assert (reply.status, reply.attempts, reply.usage) == ("described", 2, Usage(2000, 200))
    again = replied(server, tmp_path, bad, bad)
    assert (again.status, again.attempts, again.answer) == ("invalid", 2, None)
    assert server.seen[1] == [bad, "good", bad, bad]


@pytest.mark.parametrize("refusal", ["refusal", "text refusal", "filtered"])
def test_a_refusal_is_recorded_as_one_and_not_argued_with(server, tmp_path, refusal):
    assert replied(server, tmp_path, refusal).status == "refused"
    assert server.seen[1] == [refusal]


@pytest.mark.parametrize("nothing", ["empty", "no choice"])
def test_an_empty_reply_is_recorded_as_such(server, tmp_path, nothing):
    assert replied(server, tmp_path, nothing).status == "empty"
    assert server.seen[1] == [nothing]


def test_a_reply_that_was_cut_off_names_the_limit_and_is_not_asked_for_again(server, tmp_path):
    reply = replied(server, tmp_path, "cut off")
    assert (reply.status, server.seen[1]) == ("invalid", ["cut off"])
    assert "--max-tokens" in reply.reason


@pytest.mark.parametrize("passing", ["429", "500", "503", "cut connection"])
def test_what_passes_is_waited_for(server, tmp_path, passing):
    assert replied(server, tmp_path, passing, passing).status == "described"
    assert server.seen[1] == [passing, passing, "good"]


@pytest.mark.parametrize("broken", ["half body", "empty body", "hang", "500"])
def test_no_reply_at_all_is_told_with_its_reason(server, tmp_path, broken):
    with pytest.raises(Unanswered, match=r"no JSON|in time|answered 500"):
        replied(server, tmp_path, broken, timeout=0.3, retries=0)


def test_an_unknown_model_and_a_refused_key_end_the_run(server, tmp_path, monkeypatch):
    with pytest.raises(DescriberProblem, match="no model 'm'"):
        replied(server, tmp_path, "404")
    server.key = "another-key"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
    with pytest.raises(DescriberProblem, match="refuses the key") as caught:
        replied(server, tmp_path)
    assert "sk-secret" not in str(caught.value)


def test_a_key_that_a_server_repeats_is_not_in_the_reply(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
    reply = replied(server, tmp_path, "echo", prompt=PLAIN)
    assert server.headers[0]["authorization"] == "Bearer sk-secret-0123456789"
    assert reply.raw == "Yes. The hand of person 1 has Bearer …."


def test_openai_is_not_asked_without_a_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(DescriberProblem, match="OPENAI_API_KEY"):
        Endpoint.at("https://api.openai.com/v1").key()
    assert Endpoint.at("http://localhost:1/v1").key() == "none"


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.openai.com/v1/", "openai"),
        ("https://mine.openai.azure.com/openai/v1", "azure"),
        ("http://localhost:11434/v1", "localhost:11434"),
        ("https://models.example.org/v1", "models.example.org"),
        ("http://check/v1", "check:80"),
    ],
)
def test_a_describer_is_called_after_its_server(url, provider):
    assert Endpoint.at(url).provider == provider


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x/v1",
        "http://me:word@x/v1",
        "http://x/v1?key=1",
        "http://x/v1;key=1",
        "x",
        "http://[/",
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url):
    with pytest.raises(InvalidValue, match="--base-url") as caught:
        Endpoint.at(url)
    assert "word" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("host", ["ü..de", "...", "a" * 300, "x." + "b" * 64])
def test_what_can_be_no_host_is_refused(host):
    with pytest.raises(InvalidValue, match="--base-url"):
        Endpoint.at(f"http://{host}/v1")


@pytest.mark.parametrize(
    "model",
    ["/srv/models/llava", "~/llava", "C:\\Users\\me\\models\\llava", "C:/me/llava", "./../llava", "a/../llava/"],
)
def test_of_a_model_by_its_place_the_last_part_alone_is_stored(model):
    assert ServerDescriber(Asked(model, PLAIN), Endpoint.at("http://x/v1")).name == "llava"


@pytest.mark.parametrize("model", ["org/llava", "llava:7b", "ft:gpt-4.1:me"])
def test_a_name_is_stored_whole(model):
    assert ServerDescriber(Asked(model, PLAIN), Endpoint.at("http://x/v1")).name == model


@pytest.mark.parametrize("model", ["/", "..", "~", "C:\\", "./.."])
def test_a_place_without_a_last_part_names_no_model(model):
    with pytest.raises(InvalidValue, match="--model"):
        ServerDescriber(Asked(model, PLAIN), Endpoint.at("http://x/v1"))


def test_nobody_at_the_address_is_told_at_once():
    with pytest.raises(DescriberProblem, match="cannot be reached"):
        Endpoint.at("http://127.0.0.1:9/v1").check()


def test_large_pictures_are_sent_smaller_and_small_ones_as_they_are():
    assert image_tokens((1024, 1024)) == 765  # OpenAI's own example: two by two tiles after 768 x 768
    assert image_tokens((4096, 4096)) == 765
    assert image_tokens((300, 200)) == 85 + 170
    assert data_url(Image.new("RGB", (3000, 1500))).startswith("data:image/jpeg;base64,")


def test_a_price_is_known_for_openai_alone_with_or_without_a_date_and_halved_in_batches():
    assert known_price("openai", "gpt-4.1-2025-04-14") == Price(2.0, 8.0)
    assert known_price("openai", "gpt-4.1", batch=True) == Price(1.0, 4.0)
    assert known_price("localhost:8000", "gpt-4.1") is None
    assert known_price("openai", "some-other") is None
    assert Price(2.0, 8.0).of(Usage(1_000_000, 500_000)) == 6.0
    assert Price(2.0, 8.0).of(Usage(None, 5)) is None
