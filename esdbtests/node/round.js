// node round.js MODULE CLIENT ADDRESS: a round of twelve steps with one of the
// clients. Prints a line for each step; ends with 1 when one failed.
"use strict";
const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");

const [, , module_, clientName, address] = process.argv;
const db = require(module_);
const { jsonEvent, binaryEvent, START, END, FORWARDS, BACKWARDS, NO_STREAM, STREAM_EXISTS, ANY } = db;
const client = db[clientName].connectionString(address);

const event = (n, type = "Happened") => jsonEvent({ type, data: { n }, metadata: { by: "round" } });

// patiently asks again, a few times, where the client says Unavailable. It now and
// then does while it makes its connection, and leaves trying again to who uses it.
const patiently = async (ask) => {
  for (let left = 5; ; left--) {
    try {
      return await ask();
    } catch (err) {
      if (left === 0 || !/unavailable/i.test(err.type ?? err.name)) throw err;
      console.log(`asked again: ${err.message || err.name}`);
      await new Promise((go) => setTimeout(go, 200));
    }
  }
};

const gather = (read) =>
  patiently(async () => {
    const all = [];
    for await (const { event } of read()) all.push(event);
    return all;
  });
// One client calls it expectedRevision, the other streamState.
const expecting = (is) => ({ expectedRevision: is, streamState: is });
const named = (what) => `${what}-${randomUUID()}`;

// within runs body on each event of a subscription until it returns true.
const within = (subscribe, ms, body) => patiently(() => once(subscribe(), ms, body));
const once = (subscription, ms, body) =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`nothing within ${ms} ms`)), ms);
    subscription.on("error", reject);
    subscription.on("data", async (resolved) => {
      try {
        if (!(await body(resolved))) return;
        clearTimeout(late);
        await subscription.unsubscribe();
        resolve();
      } catch (err) {
        reject(err);
      }
    });
  });

const stream = named("round");
const written = [event(1), event(2), event(3)];
const steps = {
  async append() {
    const first = await client.appendToStream(stream, written, expecting(NO_STREAM));
    assert.equal(first.success, true);
    assert.equal(first.nextExpectedRevision, 2n);
    const again = await client.appendToStream(stream, written, expecting(NO_STREAM));
    assert.deepEqual(again.position, first.position, "a repeat has another answer");
  },
  async "wrong version"() {
    await assert.rejects(client.appendToStream(stream, event(9), expecting(7n)), (err) => {
      assert.equal(err.type, "wrong-expected-version");
      return true;
    });
    await assert.rejects(client.appendToStream(named("none"), event(9), expecting(STREAM_EXISTS)));
  },
  async "read forward"() {
    const events = await gather(() => client.readStream(stream, { fromRevision: START, direction: FORWARDS }));
    assert.deepEqual(events.map((e) => e.data.n), [1, 2, 3]);
    assert.deepEqual(events.map((e) => e.revision), [0n, 1n, 2n]);
    assert.equal(events[0].id, written[0].id);
    assert.deepEqual(events[0].metadata, { by: "round" });
    assert.ok(Math.abs(Date.now() - new Date(events[0].created)) < 60_000);
  },
  async "read backward"() {
    const events = await gather(() => client.readStream(stream, { fromRevision: END, direction: BACKWARDS, maxCount: 2 }));
    assert.deepEqual(events.map((e) => e.data.n), [3, 2]);
  },
  async "read missing"() {
    await assert.rejects(gather(() => client.readStream(named("missing"))), (err) => {
      assert.equal(err.type, "stream-not-found");
      return true;
    });
  },
  async "read all"() {
    const forward = await gather(() => client.readAll({ fromPosition: START, maxCount: 1000 }));
    assert.ok(forward.some((e) => e.streamId === stream));
    const positions = forward.map((e) => e.position.commit);
    assert.deepEqual(positions, [...positions].sort((a, b) => (a < b ? -1 : 1)));
    const [last] = await gather(() => client.readAll({ fromPosition: END, direction: BACKWARDS, maxCount: 1 }));
    assert.equal(last.position.commit, positions.at(-1));
  },
  async subscribe() {
    const seen = [];
    const all = within(() => client.subscribeToStream(stream, { fromRevision: START }), 20_000, ({ event }) => {
      seen.push(event.data.n);
      return seen.length === 4;
    });
    await client.appendToStream(stream, event(4), expecting(2n));
    await all;
    assert.deepEqual(seen, [1, 2, 3, 4]);
  },
  async filter() {
    const type = named("Chosen");
    const chosen = [];
    const filter = db.eventTypeFilter({ regex: `^${type}$`, checkpointInterval: 1 });
    const done = within(() => client.subscribeToAll({ fromPosition: START, filter }), 20_000, ({ event }) => {
      chosen.push(event);
      return chosen.length === 2;
    });
    await client.appendToStream(named("filter"), [event(1, type), event(2, "Other"), event(3, type)]);
    await done;
    assert.deepEqual(chosen.map((e) => e.type), [type, type]);
    const types = [];
    await within(() => client.subscribeToAll({ fromPosition: START, filter: db.excludeSystemEvents() }), 20_000, ({ event }) => types.push(event.type) === 5);
    assert.ok(types.every((t) => !t.startsWith("$")));
  },
  async metadata() {
    await client.setStreamMetadata(stream, { maxCount: 2, mine: "kept" });
    const { metadata } = await patiently(() => client.getStreamMetadata(stream));
    assert.equal(metadata.maxCount, 2);
    assert.equal(metadata.mine, "kept");
    const events = await gather(() => client.readStream(stream));
    assert.deepEqual(events.map((e) => e.data.n), [3, 4]);
  },
  async persistent() {
    const source = named("persistent");
    await client.createPersistentSubscriptionToStream(source, "group", db.persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START }));
    await client.appendToStream(source, [event(1), event(2), event(3)]);
    let subscription;
    const seen = [];
    await within(() => (subscription = client.subscribeToPersistentSubscriptionToStream(source, "group")), 20_000, async (resolved) => {
      seen.push([resolved.event.data.n, resolved.retryCount]);
      if (resolved.event.data.n === 2 && resolved.retryCount === 0) {
        await subscription.nack("retry", "once more", resolved);
        return false;
      }
      await subscription.ack(resolved);
      return seen.length === 4;
    });
    assert.deepEqual(seen.map(([n]) => n).sort(), [1, 2, 2, 3]);
    assert.ok(seen.some(([n, retries]) => n === 2 && retries === 1));
    const info = await client.getPersistentSubscriptionToStreamInfo(source, "group");
    assert.equal(info.groupName, "group");
    await client.deletePersistentSubscriptionToStream(source, "group");
  },
  async tombstone() {
    const softly = named("softly");
    await client.appendToStream(softly, [event(1), event(2)]);
    await client.deleteStream(softly);
    await assert.rejects(gather(() => client.readStream(softly)), (err) => err.type === "stream-not-found");
    const reborn = await client.appendToStream(softly, event(3), expecting(NO_STREAM));
    assert.equal(reborn.nextExpectedRevision, 2n);
    assert.deepEqual((await gather(() => client.readStream(softly))).map((e) => e.data.n), [3]);

    const gone = named("gone");
    await client.appendToStream(gone, binaryEvent({ type: "Bytes", data: Buffer.from([0, 255]) }));
    await client.tombstoneStream(gone);
    await assert.rejects(gather(() => client.readStream(gone)), (err) => err.type === "stream-deleted");
    await assert.rejects(client.appendToStream(gone, event(1)), (err) => err.type === "stream-deleted");
  },
  async "five hundred appends"() {
    const many = named("many");
    await Promise.all(Array.from({ length: 500 }, (_, n) => client.appendToStream(many, event(n), expecting(ANY))));
    const events = await gather(() => client.readStream(many));
    assert.deepEqual(events.map((e) => e.data.n), Array.from({ length: 500 }, (_, n) => n));
  },
};

(async () => {
  let failed = 0;
  for (const [name, step] of Object.entries(steps)) {
    const began = Date.now();
    try {
      await step();
      console.log(`ok ${name} ${Date.now() - began} ms`);
    } catch (err) {
      failed++;
      console.log(`FAIL ${name}: ${err.stack}`);
    }
  }
  await client.dispose?.();
  process.exit(failed ? 1 : 0);
})();
