#!/bin/sh
# Octavo from a shell: the models, a chat whole and streamed, and a response that a second one continues.
#
#     sh curl.sh
#
# Needs curl, and nothing else. OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
set -eu
base=${OCTAVO_URL:-http://127.0.0.1:8000}
base=${base%/}

# usage: call PATH [curl's arguments...]; ends with curl's 22 where the server refuses, whose words are shown.
call() {
  path=$1
  shift
  curl --silent --show-error --no-buffer --fail-with-body \
    --header "Authorization: Bearer ${OCTAVO_API_KEY:-none}" --header 'Content-Type: application/json' "$@" "$base$path"
}

echo '# The models'
models=$(call /v1/models)
echo "$models"
model=$(printf '%s' "$models" | sed 's/.*"data":\[{"id":"\([^"]*\)".*/\1/')

echo '# A chat, whole'
call /v1/chat/completions --data '{
  "model": "'"$model"'",
  "messages": [{"role": "user", "content": "Tell me a story about a fox named Pip and a lantern."}],
  "max_tokens": 40, "temperature": 0
}'

echo; echo '# The same chat, streamed'
call /v1/chat/completions --data '{
  "model": "'"$model"'",
  "messages": [{"role": "user", "content": "Tell me a story about a fox named Pip and a lantern."}],
  "max_tokens": 40, "temperature": 0, "stream": true
}'

echo '# A response'
response=$(call /v1/responses --data '{"input": "Tell me a story about a fox named Pip and a lantern.", "temperature": 0}')
echo "$response"

echo '# What continues it'
id=$(printf '%s' "$response" | sed 's/.*"id":"\(resp_[^"]*\)".*/\1/')
call /v1/responses --data "{\"input\": \"Where was the lantern?\", \"previous_response_id\": \"$id\", \"temperature\": 0}"

echo; echo '# A request that cannot be served'
call /v1/chat/completions --data '{"messages": [{"role": "user", "content": "Hi"}], "temperature": 9}' || echo " (curl: $?)"
