"""Octavo over a WebSocket through the official `openai` SDK: one response, two forks of it side by side on lanes of their own,
and one that is steered: it ends early, and a successor goes on from its very tokens with the new input.

    pip install "openai[realtime]"
    python openai_websocket.py

OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
"""

import os

import openai

BASE = os.environ.get("OCTAVO_URL", "http://127.0.0.1:8000").rstrip("/")
STORY = "Tell me a story about a fox named Pip and a lantern."
ENDS = ("response.completed", "response.incomplete")

client = openai.OpenAI(base_url=f"{BASE}/v1", api_key=os.environ.get("OCTAVO_API_KEY", "none"))
model = next(iter(client.models.list())).id


def checked(connection):
    """The connection's events; an exception where one says that something failed."""
    for event in connection:
        if event.type in ("error", "response.failed"):
            raise SystemExit((event.error if event.type == "error" else event.response.error).message)
        yield event


def ends(connection, number):
    """The next responses that end on the connection, with the lane of each."""
    for event in checked(connection):
        if event.type in ENDS:
            yield event.stream_id, event.response
            number -= 1
        if number == 0:
            return


with client.responses.connect() as connection:
    print("# A response, and two forks of it at once")
    connection.response.create(model=model, input=STORY, stream_id="main")
    ((_, story),) = ends(connection, 1)
    print(story.output_text)
    questions = {"fork-0": "Where was the lantern?", "fork-1": "Who was the story about?"}
    for lane, question in questions.items():
        connection.response.create(model=model, input=question, stream_id=lane, previous_response_id=story.id)
    for lane, answer in ends(connection, len(questions)):
        print(f"> {questions[lane]}\n{answer.output_text}")

    print("# A response that is steered")
    connection.response.create(model=model, input=STORY)
    num_deltas = 0
    for event in checked(connection):
        if event.type == "response.created":
            current = event.response.id
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
            num_deltas += 1
            if num_deltas == 12:
                connection.response.steer(previous_response_id=current, input=questions["fork-0"])
        if event.type == "response.steer.failed":
            raise SystemExit(event.error.message)
        if event.type in ENDS:
            details = event.response.incomplete_details
            print(f"\n(ended as {details.reason if details else event.response.status})")
            # A story that was over before the steer came is followed all the same.
            if event.response.previous_response_id or num_deltas < 12:
                break
