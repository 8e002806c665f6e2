// @platformatic/kafka against the broker; see platformatic.sh.
// usage: platformatic_client.mjs HOST:PORT MODULE    prints TAP
//
// Its stream of messages is a group consumer's; consumer.fetch() needs no group. In a transaction it
// asks with the newest AddPartitionsToTxn, which else only brokers use.
import { isDeepStrictEqual } from 'node:util'

const at = process.argv[2]
const { Admin, Consumer, Producer } = await import(process.argv[3])
const options = { clientId: 'interop', bootstrapBrokers: [at], retries: 1 }

function same(got, wanted, what) {
  const good = isDeepStrictEqual(got, wanted)
  const show = value => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))?.slice(0, 300)
  console.log(`${good ? 'ok' : 'not ok'} - platformatic: ${what}`)
  if (!good)
    console.log(`# got    ${show(got)}\n# wanted ${show(wanted)}`)
}

async function fails(promise, apiId, what) {
  const error = await promise.then(() => null, error => error)
  const has = e => e?.apiId === apiId || (e?.errors ?? []).some(has) || (e?.cause ? has(e.cause) : false)
  same(has(error) ? apiId : (error?.message ?? 'success'), apiId, what)
}

async function fetchAll(consumer, topic, count) {
  const got = []
  const { id } = (await consumer.metadata({ topics: [topic] })).topics.get(topic)
  for (let rounds = 0; got.length < count && rounds < 1000; rounds++) {
    const partitions = [{ partition: 0, fetchOffset: BigInt(got.length), partitionMaxBytes: 50000, currentLeaderEpoch: -1, lastFetchedEpoch: -1 }]
    const answer = await consumer.fetch({ node: 1, maxWaitTime: 500, minBytes: 1, maxBytes: 1000000, topics: [{ topicId: id, partitions }] })
    for (const batch of answer.responses[0].partitions[0].records ?? []) {
      for (const record of batch.records) {
        if (Number(batch.firstOffset) + record.offsetDelta >= got.length)
          got.push([record.key?.toString(), record.value?.toString(), batch.firstTimestamp + record.timestampDelta])
      }
    }
  }
  return got
}

async function testRoundTrip(consumer, compression, acks) {
  const topic = `trip-${compression}-${acks}`
  const messages = Array.from({ length: 2000 }, (_, i) => ({
    topic, partition: 0, key: `key-${i}`, value: `value ${i} žluťoučký `.repeat(1 + (i % 9)), timestamp: BigInt(1700000000000 + i),
  }))
  const serialize = text => Buffer.from(text)
  const producer = new Producer({ ...options, autocreateTopics: true, serializers: { key: serialize, value: serialize } })
  for (let i = 0; i < messages.length; i += 500)
    await producer.send({ messages: messages.slice(i, i + 500), compression, acks })
  await producer.close()
  const got = await fetchAll(consumer, topic, 2000)
  same(got, messages.map(m => [m.key, m.value, m.timestamp]), `2000 records with ${compression}, acks=${acks}`)
}

async function testAdmin(admin) {
  const [made] = await admin.createTopics({ topics: ['made'], partitions: 3, replicas: 1, configs: [{ name: 'retention.ms', value: '1234567' }] })
  same([made.name, made.partitions, made.replicas], ['made', 3, 1], 'createTopics')
  await fails(admin.createTopics({ topics: ['made'], partitions: 3, replicas: 1 }), 'TOPIC_ALREADY_EXISTS', 'createTopics again')
  same((await admin.listTopics()).includes('made'), true, 'listTopics')
  await admin.createPartitions({ topics: [{ name: 'made', count: 5, assignments: [] }] })
  const metadata = await admin.metadata({ topics: ['made'], forceUpdate: true })
  same(metadata.topics.get('made').partitionsCount, 5, 'createPartitions, metadata')
  const read = async () => {
    const resources = [{ resourceType: 2, resourceName: 'made', configurationKeys: ['retention.ms'] }]
    const [described] = await admin.describeConfigs({ resources, includeSynonyms: true, includeDocumentation: true })
    return described.configs.map(config => [config.name, config.value])
  }
  same(await read(), [['retention.ms', '1234567']], 'describeConfigs')
  const configs = [{ name: 'retention.ms', value: '7654321', configOperation: 0 }]
  await admin.incrementalAlterConfigs({ resources: [{ resourceType: 2, resourceName: 'made', configs }], validateOnly: false })
  same(await read(), [['retention.ms', '7654321']], 'incrementalAlterConfigs')
  const topics = timestamp => ({ topics: [{ name: 'trip-none--1', partitions: [{ partitionIndex: 0, timestamp }] }] })
  const find = async timestamp => (await admin.listOffsets(topics(timestamp)))[0].partitions[0].offset
  same([await find(-2n), await find(-1n), await find(1700000001234n)], [0n, 2000n, 1234n], 'listOffsets')
  await admin.deleteRecords({ topics: [{ name: 'trip-none--1', partitions: [{ partition: 0, offset: 777n }] }] })
  same(await find(-2n), 777n, 'deleteRecords')
  await admin.deleteTopics({ topics: ['made'] })
  same((await admin.listTopics()).includes('made'), false, 'deleteTopics')
}

const numbers = (topic, from, count, partitions) => Array.from({ length: count }, (_, i) => ({
  topic, partition: i % partitions, value: Buffer.from(`${from + i}`),
}))

// Starts to read as a member of the group; `got` grows.
async function join(group, topic, got, more) {
  const member = new Consumer({ ...options, groupId: group, sessionTimeout: 6000, rebalanceTimeout: 6000, heartbeatInterval: 300, autocommit: false, ...more })
  const stream = await member.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
  const loop = (async () => {
    for await (const message of stream) {
      got.push(message)
      if (!more?.keepsOffsets)
        await message.commit()
    }
  })()
  return { member, stream, leave: async () => { await stream.close(); await loop; await member.close() } }
}

async function until(condition) {
  for (const end = Date.now() + 20000; !condition() && Date.now() < end;)
    await new Promise(resolve => setTimeout(resolve, 50))
  return condition()
}

// This client may deliver what it had fetched before a partition went to another member (from Kafka's
// broker as well), so what counts is that nothing is missing.
const values = messages => [...new Set(messages.map(m => Number(m.value)))].sort((a, b) => a - b)
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i)

async function testGroups(admin, producer) {
  await admin.createTopics({ topics: ['shared'], partitions: 4, replicas: 1 })
  const got = [[], []]
  const one = await join('sharers', 'shared', got[0], {})
  const two = await join('sharers', 'shared', got[1], {})
  const share = (...members) => members.every(m => (m.member.assignments ?? []).reduce((sum, a) => sum + a.partitions.length, 0) * members.length === 4)
  same(await until(() => share(one, two)), true, 'two members share four partitions')
  await producer.send({ messages: numbers('shared', 0, 400, 4) })
  await until(() => values(got.flat()).length >= 400)
  same([got[1].length, values(got.flat())], [200, range(0, 400)], 'each reads its part')
  const [group] = (await admin.describeGroups({ groups: ['sharers'] })).values()
  same([group.state, group.members.size], ['STABLE', 2], 'describeGroups')
  await two.leave()
  same(await until(() => share(one)), true, 'one leaves, the other has all')
  await producer.send({ messages: numbers('shared', 400, 400, 4) })
  await until(() => values(got.flat()).length >= 800)
  same(values(got.flat()), range(0, 800), 'it goes on where the other was')
  await one.leave()
  same((await admin.listGroups()).has('sharers'), true, 'listGroups')
  await admin.deleteGroups({ groups: ['sharers'] })
  same((await admin.listGroups()).has('sharers'), false, 'deleteGroups')
}

async function testTransactions(admin) {
  await admin.createTopics({ topics: ['from', 'into'], partitions: 2, replicas: 1 })
  const producer = new Producer({ ...options, idempotent: true, transactionalId: 'mover' })
  const send = async (from, end) => {
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: numbers('into', from, 100, 2) })
    await transaction[end]()
  }
  await send(0, 'commit')
  await send(100, 'abort')
  await send(200, 'commit')
  const committed = []
  const reader = await join('readers', 'into', committed, {})
  await until(() => committed.length >= 200)
  same(values(committed), [...range(0, 100), ...range(200, 300)], 'read_committed: what was committed')
  const all = []
  const uncommitted = await join('careless', 'into', all, { isolationLevel: 0 })
  await until(() => all.length >= 300)
  same(values(all), range(0, 300), 'read_uncommitted: all')
  await reader.leave()
  await uncommitted.leave()

  const input = []
  const plain = new Producer({ ...options, idempotent: true })
  await plain.send({ messages: numbers('from', 0, 2, 2) })
  await plain.close()
  const source = await join('pipe', 'from', input, { keepsOffsets: true })
  await until(() => input.length >= 2)
  const pipe = async end => {
    const transaction = await producer.beginTransaction()
    await transaction.addConsumer(source.member)
    for (const message of input)
      await transaction.addOffset(message)
    await transaction[end]()
    await new Promise(resolve => setTimeout(resolve, 500)) // for the markers, which come after the answer
    return (await source.member.listCommittedOffsets({ topics: [{ topic: 'from', partitions: [0, 1] }] })).get('from')
  }
  same(await pipe('abort'), [-1n, -1n], 'offsets of an aborted transaction are not committed')
  same(await pipe('commit'), [1n, 1n], 'those of a committed one are')
  await source.leave()

  const older = await producer.beginTransaction()
  await older.send({ messages: numbers('into', 300, 10, 2) })
  const twin = new Producer({ ...options, idempotent: true, transactionalId: 'mover', producerId: -1n, producerEpoch: -1 })
  const newer = await twin.beginTransaction()
  await newer.send({ messages: numbers('into', 400, 10, 2) })
  await fails(older.commit(), 'PRODUCER_FENCED', 'the older of two producers is fenced')
  await newer.commit()
  await producer.close(true)
  await twin.close()
}

const admin = new Admin(options)
const consumer = new Consumer({ ...options, groupId: 'unused' })
for (const compression of ['none', 'gzip', 'zstd'])
  await testRoundTrip(consumer, compression, -1)
await testRoundTrip(consumer, 'none', 1)
await testAdmin(admin)
const producer = new Producer({ ...options, idempotent: true })
await testGroups(admin, producer)
await producer.close()
await testTransactions(admin)
await consumer.close(true)
await admin.close()
