// The official JavaScript clients of the four forms against a server: node official.mjs ADDRESS TOKEN
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { Ollama } from "ollama";
import OpenAI from "openai";

const [address, token] = process.argv.slice(2);
const messages = [{ role: "user", content: "hello there" }];
const said = "hello there";

async function openai() {
  const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: token, maxRetries: 0 });
  const whole = await client.chat.completions.create({ model: "echo", messages });
  assert.equal(whole.choices[0].message.content, said);
  let text = "", usage;
  const options = { include_usage: true };
  for await (const chunk of await client.chat.completions.create({ model: "echo", messages, stream: true, stream_options: options })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, said);
  assert.ok(usage.completion_tokens > 0);
  assert.equal((await client.responses.create({ model: "echo", input: said })).output_text, said);
  const kinds = [];
  for await (const event of await client.responses.create({ model: "echo", input: said, stream: true })) kinds.push(event.type);
  assert.equal(kinds.at(-1), "response.completed");
  await assert.rejects(client.chat.completions.create({ model: "nobody", messages }), OpenAI.NotFoundError);
  const stream = await client.chat.completions.create({ model: "eliza", messages: [{ role: "user", content: "my mother ".repeat(200) }], stream: true });
  for await (const _ of stream) break; // leaving ends it
}

async function anthropic() {
  const client = new Anthropic({ baseURL: address, apiKey: token, maxRetries: 0 });
  const whole = await client.messages.create({ model: "echo", max_tokens: 50, messages });
  assert.equal(whole.content[0].text, said);
  const stream = client.messages.stream({ model: "echo", max_tokens: 50, messages });
  assert.equal((await stream.finalMessage()).content[0].text, said);
  await assert.rejects(client.messages.create({ model: "nobody", max_tokens: 5, messages }), Anthropic.NotFoundError);
}

async function ollama() {
  const client = new Ollama({ host: address, headers: { authorization: `Bearer ${token}` } });
  assert.equal((await client.chat({ model: "echo", messages })).message.content, said);
  let text = "";
  for await (const part of await client.chat({ model: "echo", messages, stream: true })) text += part.message.content;
  assert.equal(text, said);
  assert.equal((await client.list()).models.length, 2);
}

for (const tried of [openai, anthropic, ollama]) {
  await tried();
  console.log(`${tried.name}: as it should be`);
}
