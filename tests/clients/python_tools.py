"""Calls of functions and what a model thinks, through the official SDK and LangChain. The demo model calls when it must; where a
model has to call of its own accord, a script says what it would. Run by python_clients.py, which says where both serve."""
import json
import typing
import unittest

from people import HAS_GRAMMAR, MODEL, call

QUESTION = "What is the weather in Bern?"
SCRIPT = [
    {"when": "It is sunny", "say": "<think>\nNow I know.\n</think>\n\nIn Bern it is sunny."},
    {"when": "Think", "say": "<think>\nA hard one.\n</think>\n\nIt is 42."},
    {"when": "without end", "say": "on and " * 3000},
    {"when": "two", "say": f"I ask twice.\n{call('get_weather', city='Bern', days=1)}\n{call('get_weather', city='Rome', days=2)}"},
    {"when": "", "say": f"<think>\nI must ask.\n</think>\n\n{call('get_weather', city='Bern', days=2)}"},
]
SCRIPT_FLAGS = ["--reasoning-parser", "think", "--pace", "2"]


class Served:
    """Where the demo model is served, and where the script is; set before the tests run."""

    url = ""
    script_url = ""


def weather_class():
    import pydantic

    class GetWeather(pydantic.BaseModel):
        """The weather in a city."""

        city: typing.Literal["Bern", "Rome"]
        days: int = pydantic.Field(ge=1, le=9)

    return GetWeather


@unittest.skipUnless(HAS_GRAMMAR, "built without structured output")
class SdkCalls(unittest.TestCase):
    """The demo model, where it must call."""

    def setUp(self):
        import openai

        self.client = openai.OpenAI(base_url=Served.url, api_key="none", max_retries=0)
        self.weather = weather_class()
        self.tool = openai.pydantic_function_tool(self.weather, name="get_weather")
        self.messages = [{"role": "user", "content": QUESTION}]

    def tearDown(self):
        self.client.close()

    def settings(self, **more):
        return {"model": MODEL, "messages": self.messages, "tools": [self.tool], "max_completion_tokens": 200, "temperature": 0} | more

    def test_a_call_comes_as_the_class_of_its_arguments(self):
        named = {"type": "function", "function": {"name": "get_weather"}}
        for choice in ("required", named):
            done = self.client.chat.completions.parse(**self.settings(tool_choice=choice))
            calls = done.choices[0].message.tool_calls
            self.assertIsInstance(calls[0].function.parsed_arguments, self.weather)
            self.assertEqual(done.choices[0].finish_reason, "tool_calls")

    def test_the_streaming_helper_follows_a_call(self):
        with self.client.chat.completions.stream(**self.settings(tool_choice="required", parallel_tool_calls=False)) as stream:
            events = list(stream)
            final = stream.get_final_completion().choices[0].message.tool_calls
        done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
        deltas = [event.arguments_delta for event in events if event.type == "tool_calls.function.arguments.delta"]
        self.assertEqual([event.arguments for event in done], [final[0].function.arguments])
        self.assertEqual("".join(deltas), final[0].function.arguments)
        self.assertIsInstance(final[0].function.parsed_arguments, self.weather)

    def test_a_response_calls_with_the_class_too(self):
        settings = {"model": MODEL, "input": QUESTION, "tools": [self.tool], "tool_choice": "required", "parallel_tool_calls": False,
                    "max_output_tokens": 200, "temperature": 0}
        parsed = self.client.responses.parse(**settings)
        self.assertIsInstance(parsed.output[0].parsed_arguments, self.weather)
        with self.client.responses.stream(**settings) as stream:
            types = {event.type for event in stream}
            final = stream.get_final_response()
        self.assertEqual(final.output[0].arguments, parsed.output[0].arguments)
        self.assertIn("response.function_call_arguments.done", types)
        self.assertEqual(final.tools[0].name, "get_weather")


class SdkScripted(unittest.TestCase):
    """A model that calls and thinks of its own accord."""

    def setUp(self):
        import openai

        self.client = openai.OpenAI(base_url=Served.script_url, api_key="none", max_retries=0)
        parameters = weather_class().model_json_schema()
        self.function = {"name": "get_weather", "description": "The weather.", "parameters": parameters}
        self.response_tool = {"type": "function", "strict": False} | self.function

    def tearDown(self):
        self.client.close()

    def chat(self, messages, **more):
        tools = [{"type": "function", "function": self.function}]
        return self.client.chat.completions.create(model=MODEL, messages=messages, tools=tools, **more)

    def test_a_chat_goes_from_call_to_answer(self):
        messages = [{"role": "user", "content": QUESTION}]
        asked = self.chat(messages).choices[0]
        self.assertEqual((asked.finish_reason, asked.message.content), ("tool_calls", None))
        self.assertEqual(asked.message.reasoning_content, "I must ask.")
        given = asked.message.tool_calls[0]
        self.assertEqual(json.loads(given.function.arguments), {"city": "Bern", "days": 2})
        # The SDK's own message goes back as it is, with what was thought.
        messages += [asked.message, {"role": "tool", "tool_call_id": given.id, "content": "It is sunny"}]
        answered = self.chat(messages).choices[0]
        self.assertEqual(answered.message.content, "In Bern it is sunny.")

    def test_calls_of_a_stream_are_told_apart_by_their_index(self):
        calls, text = {}, ""
        for chunk in self.chat([{"role": "user", "content": "two"}], stream=True):
            text += chunk.choices[0].delta.content or ""
            for part in chunk.choices[0].delta.tool_calls or []:
                made = calls.setdefault(part.index, {"id": part.id, "name": part.function.name, "arguments": ""})
                made["arguments"] += part.function.arguments or ""
        self.assertEqual([json.loads(each["arguments"])["city"] for _, each in sorted(calls.items())], ["Bern", "Rome"])
        self.assertEqual({each["name"] for each in calls.values()}, {"get_weather"})
        self.assertEqual((len({each["id"] for each in calls.values()}), text), (2, "I ask twice."))

    def test_a_response_goes_from_call_to_answer_with_and_without_a_memory(self):
        settings = {"model": MODEL, "tools": [self.response_tool]}
        first = self.client.responses.create(input=QUESTION, **settings)
        self.assertEqual([item.type for item in first.output], ["reasoning", "function_call"])
        self.assertEqual(first.output[0].content[0].text, "I must ask.")
        self.assertGreater(first.usage.output_tokens_details.reasoning_tokens, 2)
        result = {"type": "function_call_output", "call_id": first.output[1].call_id, "output": "It is sunny"}
        remembered = self.client.responses.create(input=[result], previous_response_id=first.id, **settings)
        self.assertEqual(remembered.output_text, "In Bern it is sunny.")
        whole = [{"role": "user", "content": QUESTION}, *first.output, result]
        self.assertEqual(self.client.responses.create(input=whole, store=False, **settings).output_text, "In Bern it is sunny.")

    def test_a_response_that_runs_is_retrieved_and_cancelled(self):
        stream = self.client.responses.create(model=MODEL, input="Speak without end", stream=True)
        created = next(iter(stream)).response
        self.assertEqual(self.client.responses.retrieve(created.id).status, "in_progress")
        self.assertEqual(self.client.responses.cancel(created.id).status, "cancelled")
        last = [event for event in stream][-1]
        self.assertEqual((last.type, last.response.status), ("response.incomplete", "cancelled"))
        self.assertEqual(self.client.responses.retrieve(created.id).status, "cancelled")


class LangChainCalls(unittest.TestCase):
    def model(self, url: str, **more):
        from langchain_openai import ChatOpenAI

        settings = {"max_retries": 0, "temperature": 0, "max_tokens": 200}
        return ChatOpenAI(base_url=url, api_key="none", model=MODEL, **(settings | more))

    def both(self, url: str, **more):
        return [(api, self.model(url, use_responses_api=api == "responses", **more)) for api in ("chat", "responses")]

    @unittest.skipUnless(HAS_GRAMMAR, "built without structured output")
    def test_a_model_must_call_whichever_way_it_is_said(self):
        weather = weather_class()
        for api, model in self.both(Served.url):
            for choice in ("any", "required", "GetWeather", True):
                with self.subTest(api=api, choice=choice):
                    calls = model.bind_tools([weather], tool_choice=choice, parallel_tool_calls=False).invoke(QUESTION).tool_calls
                    self.assertEqual([each["name"] for each in calls], ["GetWeather"])
                    weather.model_validate(calls[0]["args"])

    @unittest.skipUnless(HAS_GRAMMAR, "built without structured output")
    def test_structured_output_by_every_method(self):
        weather = weather_class()
        for api, model in self.both(Served.url):
            for method in ("function_calling", "json_schema"):
                with self.subTest(api=api, method=method):
                    answer = model.with_structured_output(weather, method=method, include_raw=True).invoke(QUESTION)
                    self.assertIsNone(answer["parsing_error"])
                    self.assertIsInstance(answer["parsed"], weather)

    def test_calls_are_gathered_from_the_chunks_of_a_stream(self):
        for api, model in self.both(Served.script_url):
            with self.subTest(api=api):
                whole = None
                for chunk in model.bind_tools([weather_class()]).stream("two"):
                    whole = chunk if whole is None else whole + chunk
                self.assertEqual([each["args"]["city"] for each in whole.tool_calls], ["Bern", "Rome"])
                self.assertEqual(whole.text, "I ask twice.")
                self.assertEqual(whole.invalid_tool_calls, [])

    def test_a_result_goes_back_and_is_answered(self):
        from langchain_core.messages import HumanMessage, ToolMessage

        for api, model in self.both(Served.script_url):
            with self.subTest(api=api):
                bound = model.bind_tools([weather_class()])
                asked = bound.invoke(QUESTION)
                result = ToolMessage("It is sunny", tool_call_id=asked.tool_calls[0]["id"])
                answer = bound.invoke([HumanMessage(QUESTION), asked, result])
                self.assertEqual(answer.text, "In Bern it is sunny.")
                self.assertGreater(answer.usage_metadata["output_token_details"]["reasoning"], 2)
