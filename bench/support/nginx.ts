import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ANSWER_HEADERS, CHAT_ANSWER, MESSAGES_ANSWER } from './bodies.ts';
import { answers, LOAD_CORE, SERVER_CORE, type Server, scratch, startOn } from './processes.ts';

/** The upstream of the JSON runs: nginx answering from memory, because a mock must be faster than what it measures. */
export async function startMock(port: number): Promise<Server> {
  const headers = Object.entries(ANSWER_HEADERS).map(([name, value]) => `add_header ${name} "${value}";`);
  const location = (of: string, body: string) =>
    `location ${of} { default_type application/json; ${headers.join(' ')} return 200 '${body}'; }`;
  const server = `server { listen 127.0.0.1:${port} backlog=8192; ${location('/v1/chat/completions', CHAT_ANSWER)} ${location('/v1/messages', MESSAGES_ANSWER)} }`;
  return start('mock', port, LOAD_CORE, server);
}

/** nginx as the plain reverse proxy it is best at: one worker, kept connections, nothing buffered, nothing logged. */
export async function startProxy(port: number, upstream: string): Promise<Server> {
  const server = `
    upstream mock { server ${upstream.replace('http://', '')}; keepalive 256; keepalive_requests 1000000000; }
    server {
      listen 127.0.0.1:${port} backlog=8192;
      client_body_buffer_size 1m;
      location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
    }`;
  return start('proxy', port, SERVER_CORE, server);
}

async function start(name: string, port: number, core: number, server: string): Promise<Server> {
  const folder = path.join(scratch, name);
  mkdirSync(folder, { recursive: true });
  for (const each of [scratch, folder]) chmodSync(each, 0o755);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log crit;
    events { worker_connections 16384; }
    http { access_log off; keepalive_timeout 600s; keepalive_requests 1000000000; ${temporary.join(' ')} ${server} }`,
  );
  const { pid } = startOn(core, 'nginx', ['-c', file]);
  const url = `http://127.0.0.1:${port}`;
  await answers(url);
  return { url, pid: pid! };
}
