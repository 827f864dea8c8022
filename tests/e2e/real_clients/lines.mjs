// JSON requests on stdin, JSON responses on stdout: {id, method, params} is answered with {id, result} or {id, error}.

import { createInterface } from "node:readline";

export async function answerLines(methods) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    const answer = await methods[method](params).then(
      (result) => ({ id, result }),
      (error) => ({ id, error: String(error) }),
    );
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}
