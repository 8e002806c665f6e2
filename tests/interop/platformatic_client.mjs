// @platformatic/kafka against the broker; see platformatic.sh.
// usage: platformatic_client.mjs HOST:PORT MODULE    prints TAP
//
// Its stream of messages is a group consumer's; consumer.fetch() needs no group.
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

const admin = new Admin(options)
const consumer = new Consumer({ ...options, groupId: 'unused' })
for (const compression of ['none', 'gzip', 'zstd'])
  await testRoundTrip(consumer, compression, -1)
await testRoundTrip(consumer, 'none', 1)
await testAdmin(admin)
await consumer.close(true)
await admin.close()
