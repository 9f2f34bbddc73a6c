"""Octavo over HTTP through the official `openai` SDK: a chat whole, a chat as it is written (server-sent events), and the
Responses API, where two questions go on from one answer without sending it again.

    pip install openai
    python openai_http.py

OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
"""

import os

import openai

BASE = os.environ.get("OCTAVO_URL", "http://127.0.0.1:8000").rstrip("/")
QUESTION = "Tell me a story about a fox named Pip and a lantern."

client = openai.OpenAI(base_url=f"{BASE}/v1", api_key=os.environ.get("OCTAVO_API_KEY", "none"))
model = next(iter(client.models.list())).id
messages = [{"role": "user", "content": QUESTION}]

print("# A chat, whole")
chat = client.chat.completions.create(model=model, messages=messages, max_tokens=40, temperature=0)
print(chat.choices[0].message.content)
print(f"({chat.usage.prompt_tokens} tokens read, {chat.usage.completion_tokens} written)")

print("# The same chat, streamed")
for chunk in client.chat.completions.create(model=model, messages=messages, max_tokens=40, temperature=0, stream=True):
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print()

print("# A response, streamed, and two questions about it")
with client.responses.stream(model=model, input=QUESTION) as stream:
    for event in stream:
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
    story = stream.get_final_response()
print()
for question in ("Where was the lantern?", "Who was the story about?"):
    answer = client.responses.create(model=model, input=question, previous_response_id=story.id)
    print(f"> {question}\n{answer.output_text}")

print("# A request that cannot be served")
try:
    client.chat.completions.create(model=model, messages=messages, temperature=9)
except openai.BadRequestError as error:
    print(f"{error.status_code}: {error.body['message']}")
