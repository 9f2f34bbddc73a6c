"""What people use from Python, against a real server: the official SDK and LangChain. Only the base URL is Octavo's.

    python_clients.py OCTAVO   # OCTAVO: the binary; ends with 1 where a client is not served as it expects

The packages come into .cache/python-clients; without pip, or without a network, nothing is tried.
"""
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import python_tools  # noqa: E402
from judge_home import enter  # noqa: E402
from people import HAS_GRAMMAR, MODEL, octavo, scripted  # noqa: E402
from python_tools import LangChainCalls, SdkCalls, SdkScripted  # noqa: E402, F401

PACKAGES = ["openai[realtime]==3.57.0", "langchain-openai==1.7.4", "pydantic==2.14.4"]
STORY = "Tell me a story about a fox named Pip and a lantern."


class OfficialSdk(unittest.TestCase):
    def setUp(self):
        import openai

        self.client = openai.OpenAI(base_url=SERVER.url, api_key="none", max_retries=0)
        self.openai = openai

    def tearDown(self):
        self.client.close()

    def chat(self, **more):
        settings = {"model": MODEL, "messages": [{"role": "user", "content": STORY}], "max_tokens": 30, "temperature": 0}
        return self.client.chat.completions.create(**(settings | more))

    def test_a_chat_says_the_same_whole_and_streamed(self):
        whole = self.chat()
        self.assertEqual(whole.usage.completion_tokens, 30)
        self.assertEqual(whole.choices[0].finish_reason, "length")
        chunks = list(self.chat(stream=True, stream_options={"include_usage": True}))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(text, whole.choices[0].message.content)
        self.assertEqual(chunks[-1].usage, whole.usage)

    def test_the_streaming_helper_follows_a_chat(self):
        with self.client.chat.completions.stream(model=MODEL, messages=[{"role": "user", "content": STORY}], stop=".") as stream:
            for _ in stream:
                pass
            self.assertEqual(stream.get_final_completion().choices[0].finish_reason, "stop")

    def test_completions_models_and_refusals(self):
        self.assertEqual([model.id for model in self.client.models.list()], [MODEL])
        done = self.client.completions.create(model=MODEL, prompt=["Once upon", "The fox"], max_tokens=5)
        self.assertEqual([choice.index for choice in done.choices], [0, 1])
        with self.assertRaises(self.openai.BadRequestError) as raised:
            self.chat(temperature=9)
        self.assertEqual(raised.exception.param, "temperature")
        with self.assertRaises(self.openai.NotFoundError):
            self.client.responses.retrieve("resp_none")

    def test_the_program_of_readme_tells_its_story(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        program = next(each for each in re.findall(r"^```python\n(.*?)^```$", readme, re.M | re.S) if "from openai" in each)
        moved = program.replace("http://127.0.0.1:8000/v1", SERVER.url)
        self.assertNotEqual(moved, program)
        said = subprocess.run([sys.executable, "-c", moved], check=True, capture_output=True, text=True)
        self.assertGreater(len(said.stdout), 40)

    def test_a_response_is_created_streamed_continued_and_deleted(self):
        # The SDK takes an answer that was cut for none.
        settings = {"model": MODEL, "temperature": 0, "extra_body": {"stop": "."}}
        created = self.client.responses.create(input=STORY, **settings)
        self.assertEqual(created.status, "completed")
        with self.client.responses.stream(input=STORY, **settings) as stream:
            types = [event.type for event in stream]
            self.assertEqual(stream.get_final_response().output_text, created.output_text)
        self.assertEqual(types[0], "response.created")
        read = self.client.responses.retrieve(created.id)
        self.assertEqual(read.output_text, created.output_text)
        following = self.client.responses.create(input="And then?", previous_response_id=created.id, **settings)
        self.assertEqual(following.previous_response_id, created.id)
        self.assertEqual(len(self.client.responses.input_items.list(following.id).data), 3)
        counted = self.client.responses.input_tokens.count(model=MODEL, input=STORY)
        self.assertEqual(counted.input_tokens, created.usage.input_tokens)
        self.client.responses.delete(created.id)
        with self.assertRaises(self.openai.NotFoundError):
            self.client.responses.retrieve(created.id)

    def test_a_response_over_the_socket_is_the_one_over_http(self):
        settings = {"model": MODEL, "max_output_tokens": 20, "temperature": 0}
        created = self.client.responses.create(input=STORY, **settings)
        with self.client.responses.connect() as connection:
            connection.response.create(input=STORY, **settings)
            for event in connection:
                if event.type == "response.incomplete":
                    self.assertEqual(event.response.output[0].content[0].text, created.output_text)
                    break

    @unittest.skipUnless(HAS_GRAMMAR, "built without structured output")
    def test_structured_output_comes_as_its_class(self):
        import pydantic

        class Animal(pydantic.BaseModel):
            name: str = pydantic.Field(max_length=12)
            legs: int = pydantic.Field(ge=0, le=8)

        parsed = self.client.chat.completions.parse(
            model=MODEL, messages=[{"role": "user", "content": STORY}], max_tokens=200, temperature=0, response_format=Animal)
        self.assertIsInstance(parsed.choices[0].message.parsed, Animal)
        response = self.client.responses.parse(model=MODEL, input=STORY, max_output_tokens=200, text_format=Animal)
        self.assertIsInstance(response.output_parsed, Animal)


class Examples(unittest.TestCase):
    """The programs in examples/python for the SDK, run as a reader would run them."""

    def said(self, name: str) -> str:
        environment = os.environ | {"OCTAVO_URL": SERVER.url.removesuffix("/v1"), "PYTHONWARNINGS": "error::DeprecationWarning:__main__"}
        done = subprocess.run([sys.executable, ROOT / "examples/python" / name], env=environment, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def test_openai_http_says_the_same_whole_and_streamed_and_is_refused_once(self):
        said = self.said("openai_http.py")
        self.assertRegex(said, r"(?s)^# A chat, whole\n(.+)\n\(\d+ tokens read, 40 written\)\n# The same chat, streamed\n\1\n# A response")
        self.assertRegex(said, r"\n> Where was the lantern\?\n.+\n> Who was the story about\?\n.+\n# A request that")
        self.assertRegex(said, r"\n400: temperature must be between 0 and 2\n$")

    def test_openai_websocket_forks_and_steers(self):
        said = self.said("openai_websocket.py")
        forks, steered = said.split("# A response that is steered\n")
        self.assertRegex(forks, r"\n> Where was the lantern\?\n.+")
        self.assertRegex(forks, r"\n> Who was the story about\?\n.+")
        # Which of the two a story is, is the faster's decision.
        self.assertRegex(steered, r"(?s)^.+\n\(ended as (steered|completed)\).+\n\(ended as completed\)\n$")

    @unittest.skipUnless(HAS_GRAMMAR, "built without structured output")
    def test_openai_structured_answers_with_animals(self):
        animal = r"Animal\(name=.{1,20}, kind='(fox|owl|mouse)', legs=[0-8]\)"
        self.assertRegex(self.said("openai_structured.py"), rf"^chat: {animal}\nresponse: {animal}\n$")

    @unittest.skipUnless(HAS_GRAMMAR, "built without structured output")
    def test_openai_tools_calls_and_answers(self):
        weather = r'get_weather\(\{"city":"\w+","days":[1-5]\}\) -> Sun in \w+ for [1-5] days\.'
        self.assertRegex(self.said("openai_tools.py"), rf"(?s)^chat: {weather}\nchat: .+\nresponse: {weather}\nresponse: .+\n$")


class LangChain(unittest.TestCase):
    def model(self, **more):
        from langchain_openai import ChatOpenAI

        settings = {"max_retries": 0, "temperature": 0, "max_tokens": 30}
        return ChatOpenAI(base_url=SERVER.url, api_key="none", model=MODEL, **(settings | more))

    def test_answers_are_the_same_whole_and_streamed_over_both_apis(self):
        for more in ({}, {"use_responses_api": True}):
            model = self.model(**more)
            whole = model.invoke(STORY)
            self.assertEqual(whole.usage_metadata["output_tokens"], 30)
            text = "".join(chunk.text for chunk in model.stream(STORY))
            self.assertEqual(text, whole.text)

    @unittest.skipUnless(HAS_GRAMMAR, "built without structured output")
    def test_structured_output(self):
        import pydantic

        class Animal(pydantic.BaseModel):
            name: str = pydantic.Field(max_length=12)
            legs: int = pydantic.Field(ge=0, le=8)

        model = self.model(max_tokens=200).with_structured_output(Animal, method="json_schema")
        self.assertIsInstance(model.invoke(STORY), Animal)


def main() -> int:
    global SERVER
    arguments = [argument for argument in sys.argv[1:] if argument != "--inside"]
    if "--inside" not in sys.argv:
        enter(__file__, "python-clients", PACKAGES)
    SERVER = octavo(arguments[0])
    house = scripted(arguments[0], python_tools.SCRIPT, python_tools.SCRIPT_FLAGS)
    python_tools.Served.url, python_tools.Served.script_url = SERVER.url, house.url
    outcome = unittest.main(argv=[sys.argv[0]], exit=False, verbosity=2).result
    codes = [SERVER.stop(), house.stop()]
    if any(codes):
        print(f"the servers ended with {codes}", file=sys.stderr)
    return 0 if outcome.wasSuccessful() and not any(codes) else 1


if __name__ == "__main__":
    sys.exit(main())
