"""Tools, with the official `openai` SDK: the model calls a function of this program, gets its result, and answers. The first call is
asked for (`tool_choice`), since a small model seldom calls of its own accord; leave that out with a model that does. Works with a
server that was built with structured output (`make xgrammar`).

    pip install openai pydantic
    python openai_tools.py

OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
"""

import os
from typing import Literal

import openai
import pydantic

BASE = os.environ.get("OCTAVO_URL", "http://127.0.0.1:8000").rstrip("/")
QUESTION = "How is the weather?"


class GetWeather(pydantic.BaseModel):
    """The weather in a city, for some days."""

    city: Literal["Bern", "Rome", "Oslo"]
    days: int = pydantic.Field(ge=1, le=5)

    def result(self):
        return f"Sun in {self.city} for {self.days} days."


client = openai.OpenAI(base_url=f"{BASE}/v1", api_key=os.environ.get("OCTAVO_API_KEY", "none"))
model = next(iter(client.models.list())).id

# Chat completions: a call is an entry of the message's `tool_calls`, and its result a message of the role `tool`.
messages = [{"role": "user", "content": QUESTION}]
tools = [openai.pydantic_function_tool(GetWeather, name="get_weather")]
first = client.chat.completions.parse(
    model=model, messages=messages, tools=tools, tool_choice="required", parallel_tool_calls=False, max_tokens=200
)
call = first.choices[0].message.tool_calls[0]
result = call.function.parsed_arguments.result()
print(f"chat: {call.function.name}({call.function.arguments}) -> {result}")
messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": result}]
second = client.chat.completions.create(model=model, messages=messages, tools=tools, tool_choice="none", max_tokens=30)
print("chat:", second.choices[0].message.content)

# The Responses API: a call is an item of the output, and its result an item of the next input.
tool = {"type": "function", "name": "get_weather", "parameters": GetWeather.model_json_schema(), "strict": True}
response = client.responses.create(
    model=model, input=QUESTION, tools=[tool], tool_choice={"type": "function", "name": "get_weather"}, max_output_tokens=200
)
item = next(each for each in response.output if each.type == "function_call")
output = GetWeather.model_validate_json(item.arguments).result()
print(f"response: {item.name}({item.arguments}) -> {output}")
answer = client.responses.create(
    model=model,
    previous_response_id=response.id,
    input=[{"type": "function_call_output", "call_id": item.call_id, "output": output}],
    max_output_tokens=30,
)
print("response:", answer.output_text)
