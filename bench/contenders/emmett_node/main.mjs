// node main.mjs EVENTS URL AT_ONCE: brings the citizen events of a file into Emmett's PostgreSQL event store.
//
// It says "ready", waits for a line, works, tells how many events there were and in how many seconds, waits for a line,
// and tells the counters.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SQL, dumbo } from '@event-driven-io/dumbo';
import { CommandHandler, projections } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore, postgreSQLRawBatchSQLProjection } from '@event-driven-io/emmett-postgresql';
import { REPORTED, TYPES, evolve, factOf, initialState, learn } from './citizen.mjs';

const [events, url, atOnce] = process.argv.slice(2);

// A row a counter, added to in the transaction of the append.
const counters = postgreSQLRawBatchSQLProjection({
  name: 'counters',
  canHandle: [REPORTED],
  init: () => SQL`CREATE TABLE IF NOT EXISTS counters (
    programme text, region text, day text, net int, PRIMARY KEY (programme, region, day))`,
  evolve: (messages) =>
    messages
      .flatMap((message) => message.data.changes)
      .map(
        ({ programme, region, day, net }) => SQL`INSERT INTO counters VALUES (${programme}, ${region}, ${day}, ${net})
          ON CONFLICT (programme, region, day) DO UPDATE SET net = counters.net + excluded.net`,
      ),
});

const store = getPostgreSQLEventStore(url, { projections: projections.inline([counters]) });
const handle = CommandHandler({ evolve, initialState });

const take = (event) =>
  handle(store, `citizen-${event.data.citizen}`, (state) => learn(state, factOf(event)));

// Many citizens at once, one after the other what is about the same citizen: nobody else writes, so nothing conflicts.
const takeAll = async () => {
  const began = performance.now();
  const running = new Set();
  const last = new Map();
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(events) })) {
    const event = JSON.parse(line);
    if (!TYPES.has(event.type)) continue;
    count += 1;
    const { citizen } = event.data;
    const done = (last.get(citizen) ?? Promise.resolve())
      .then(() => take(event))
      .then(() => {
        running.delete(done);
        if (last.get(citizen) === done) last.delete(citizen);
      });
    running.add(done);
    last.set(citizen, done);
    if (running.size >= Number(atOnce)) await Promise.race(running);
  }
  await Promise.all(running);
  return { events: count, seconds: (performance.now() - began) / 1000 };
};

const figures = async () => {
  const pool = dumbo({ connectionString: url });
  const { rows } = await pool.execute.query(SQL`SELECT programme, region, day, net FROM counters`);
  await pool.close();
  return rows.map(({ programme, region, day, net }) => [programme, region, day, net]);
};

const told = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

await store.schema.migrate();
tell('ready');
await told.next();
tell(await takeAll());
await told.next();
tell(await figures());
await store.close();
process.stdin.destroy();
