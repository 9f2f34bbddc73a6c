"""Answers by a schema, with pydantic and the helpers of the official `openai` SDK: the server lets the model write nothing else,
and the SDK makes the object. Works with a server that was built with structured output (`make xgrammar`).

    pip install openai pydantic
    python openai_structured.py

OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
"""

import os
from typing import Literal

import openai
import pydantic

BASE = os.environ.get("OCTAVO_URL", "http://127.0.0.1:8000").rstrip("/")
QUESTION = "Tell me a story about a fox named Pip and a lantern."


class Animal(pydantic.BaseModel):
    """Bounds keep a small model from writing on and on."""

    name: str = pydantic.Field(max_length=12)
    kind: Literal["fox", "owl", "mouse"]
    legs: int = pydantic.Field(ge=0, le=8)


client = openai.OpenAI(base_url=f"{BASE}/v1", api_key=os.environ.get("OCTAVO_API_KEY", "none"))
model = next(iter(client.models.list())).id

chat = client.chat.completions.parse(
    model=model, messages=[{"role": "user", "content": QUESTION}], max_tokens=200, response_format=Animal
)
print("chat:", repr(chat.choices[0].message.parsed))

response = client.responses.parse(model=model, input=QUESTION, max_output_tokens=200, text_format=Animal)
print("response:", repr(response.output_parsed))
