// kafkajs against the broker; see kafkajs.sh.   usage: kafkajs_client.js HOST:PORT    prints TAP
//
// kafkajs's public consumer is a group consumer; kafkajs_groups.js uses that. Here records come
// back through the classes under it, kafkajs/src/cluster and its brokers: they send real Fetch and
// ListOffsets requests and decode the real answers.
'use strict'
const { isDeepStrictEqual } = require('util')
const { Kafka, CompressionTypes, ConfigResourceTypes, Partitioners, logLevel } = require('kafkajs')
const Cluster = require('kafkajs/src/cluster')
const socketFactory = require('kafkajs/src/network/socketFactory')
const { createLogger } = require('kafkajs/src/loggers')
const logToConsole = require('kafkajs/src/loggers/console')

const at = process.argv[2]
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const kafka = new Kafka({ clientId: 'interop', brokers: [at], logLevel: logLevel.NOTHING, retry: { retries: 2 } })

function report(good, what) {
  console.log(`${good ? 'ok' : 'not ok'} - kafkajs: ${what}`)
}

function same(got, wanted, what) {
  report(isDeepStrictEqual(got, wanted), what)
  if (!isDeepStrictEqual(got, wanted))
    console.log(`# got    ${JSON.stringify(got)}`.slice(0, 300) + `\n# wanted ${JSON.stringify(wanted)}`.slice(0, 300))
}

async function fails(promise, type, what) {
  const error = await promise.then(() => null, error => error)
  const cause = error && (error.errors ? error.errors[0] : error.cause || error)
  same(cause && cause.type, type, what)
}

function connectCluster() {
  const logger = createLogger({ level: logLevel.NOTHING, logCreator: logToConsole })
  const cluster = new Cluster({
    logger,
    brokers: [at],
    socketFactory: socketFactory(),
    connectionTimeout: 3000,
    metadataMaxAge: 300000,
    maxInFlightRequests: null,
    retry: { retries: 2 },
  })
  return cluster.connect().then(() => cluster)
}

async function fetchOnce(cluster, topic, partition, offset, options = {}) {
  await cluster.addTargetTopic(topic)
  const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0]
  const broker = await cluster.findBroker({ nodeId })
  const topics = [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: options.partitionBytes || 1048576 }] }]
  const answer = await broker.fetch({ replicaId: -1, isolationLevel: READ_COMMITTED, maxWaitTime: 500, ...options, topics })
  return answer.responses[0].partitions[0]
}

// Everything up to the end of the log; waits until that is at least `count` records long, because
// with acks=0 a fetch may overtake them.
async function consume(cluster, topic, partition, count, options) {
  const records = []
  const deadline = Date.now() + 10000
  for (let offset = 0n; Date.now() < deadline; ) {
    const answer = await fetchOnce(cluster, topic, partition, offset, options)
    // A batch comes whole, even when its first records are before the offset that was asked for.
    records.push(...answer.messages.filter(message => BigInt(message.offset) >= offset))
    if (records.length > 0)
      offset = BigInt(records[records.length - 1].offset) + 1n
    if (records.length >= count && offset >= BigInt(answer.highWatermark))
      break
  }
  return records
}

function makeMessages(count, text) {
  return Array.from({ length: count }, (_, i) => ({
    key: i % 5 === 0 ? null : `key-${i}`,
    value: i % 7 === 0 ? null : `${text} ${i} žluťoučký `.repeat(1 + (i % 9)),
    partition: 0,
    timestamp: String(1700000000000 + i),
    headers: { number: String(i), empty: '' },
  }))
}

function comparable(message) {
  const text = bytes => (bytes == null ? null : bytes.toString())
  const headers = Object.entries(message.headers).map(([name, value]) => [name, text(value)])
  return [text(message.key), text(message.value), message.timestamp, headers]
}

async function testTopics(admin) {
  const topics = [{ topic: 'made', numPartitions: 3, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '1234567' }] }]
  same(await admin.createTopics({ topics, validateOnly: true, waitForLeaders: false }), true, 'createTopics, only validated')
  same((await admin.listTopics()).includes('made'), false, 'a validated topic is not made')
  same(await admin.createTopics({ topics }), true, 'createTopics')
  same(await admin.createTopics({ topics }), false, 'createTopics a second time changes nothing')
  same((await admin.listTopics()).includes('made'), true, 'listTopics')
  await fails(admin.createTopics({ topics: [{ topic: 'not/a/name' }] }), 'INVALID_TOPIC_EXCEPTION', 'createTopics refuses a bad name')
  await fails(admin.createTopics({ topics: [{ topic: 'wide', replicationFactor: 3 }] }), 'INVALID_REPLICATION_FACTOR', 'createTopics refuses more replicas than brokers')

  await admin.createPartitions({ topicPartitions: [{ topic: 'made', count: 5 }] })
  const { partitions } = (await admin.fetchTopicMetadata({ topics: ['made'] })).topics[0]
  same(partitions.map(p => p.partitionId).sort(), [0, 1, 2, 3, 4], 'createPartitions')
  same(partitions.map(p => [p.leader, p.replicas, p.isr]), Array(5).fill([1, [1], [1]]), 'fetchTopicMetadata: leader, replicas, in-sync replicas')
  await fails(admin.createPartitions({ topicPartitions: [{ topic: 'made', count: 2 }] }), 'INVALID_PARTITIONS', 'createPartitions refuses fewer')

  const cluster = await admin.describeCluster()
  const [host, port] = at.split(':')
  same(cluster.brokers, [{ nodeId: 1, host, port: Number(port) }], 'describeCluster')
  same(cluster.controller, 1, 'describeCluster: the controller')

  await admin.deleteTopics({ topics: ['made'] })
  same((await admin.listTopics()).includes('made'), false, 'deleteTopics')
  await fails(admin.deleteTopics({ topics: ['never-made'] }), 'UNKNOWN_TOPIC_OR_PARTITION', 'deleteTopics refuses what is not there')
}

async function testConfigs(admin) {
  await admin.createTopics({ topics: [{ topic: 'settings', configEntries: [{ name: 'segment.ms', value: '99999' }] }] })
  const resource = { type: ConfigResourceTypes.TOPIC, name: 'settings' }
  const read = async name => {
    const answer = await admin.describeConfigs({ resources: [resource], includeSynonyms: true })
    return answer.resources[0].configEntries.find(entry => entry.configName === name)
  }
  const age = await read('segment.ms')
  same([age.configValue, age.isDefault, age.configSource], ['99999', false, 1], 'describeConfigs: a value that was set')
  const size = await read('segment.bytes')
  same([size.configValue, size.isDefault, size.configSource], ['1073741824', true, 5], 'describeConfigs: a default')
  await admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '7654321' }] }] })
  same((await read('retention.ms')).configValue, '7654321', 'alterConfigs')
  same((await read('segment.ms')).configValue, '604800000', 'alterConfigs puts back to default what it does not name')
  const one = await admin.describeConfigs({ resources: [{ ...resource, configNames: ['retention.ms'] }] })
  same(one.resources[0].configEntries.map(entry => entry.configName), ['retention.ms'], 'describeConfigs of one name')
  const wrong = { ...resource, configEntries: [{ name: 'retention.ms', value: 'soon' }] }
  await fails(admin.alterConfigs({ resources: [wrong] }), 'INVALID_CONFIG', 'alterConfigs refuses a wrong value')
  const broker = await admin.describeConfigs({ resources: [{ type: ConfigResourceTypes.BROKER, name: '1' }] })
  report(broker.resources[0].configEntries.some(entry => entry.configName === 'log.dirs'), 'describeConfigs of the broker')
}

async function testRoundTrips(cluster) {
  const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }
  for (const acks of [-1, 1, 0]) {
    for (const [codec, compression] of Object.entries(codecs)) {
      const topic = `trip-${acks}-${codec}`
      const sent = makeMessages(2000, topic)
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
      await producer.connect()
      for (let i = 0; i < sent.length; i += 400)
        await producer.send({ topic, acks, compression, messages: sent.slice(i, i + 400) })
      await producer.disconnect()
      const got = await consume(cluster, topic, 0, 2000, { isolationLevel: READ_UNCOMMITTED })
      same(got.map(comparable), sent.map(comparable), `2000 records with ${codec}, acks=${acks}`)
      same(got.map(m => Number(m.offset)), sent.map((_, i) => i), `their offsets with ${codec}, acks=${acks}`)
    }
  }
  const small = await consume(cluster, 'trip--1-none', 0, 2000, { partitionBytes: 1000 })
  same(small.length, 2000, 'consuming with maxBytes smaller than a batch')
}

async function testOffsets(admin, cluster) {
  const topic = 'trip--1-none'
  same(await admin.fetchTopicOffsets(topic), [{ partition: 0, offset: '2000', high: '2000', low: '0' }], 'fetchTopicOffsets')
  same(await admin.fetchTopicOffsetsByTimestamp(topic, 1700000001234), [{ partition: 0, offset: '1234' }], 'fetchTopicOffsetsByTimestamp')
  same(await admin.fetchTopicOffsetsByTimestamp(topic, 1800000000000), [{ partition: 0, offset: '2000' }], 'fetchTopicOffsetsByTimestamp after the end')
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '777' }] })
  same((await admin.fetchTopicOffsets(topic))[0].low, '777', 'deleteTopicRecords moves the low offset')
  await fails(fetchOnce(cluster, topic, 0, 776), 'OFFSET_OUT_OF_RANGE', 'fetching a deleted offset')
  await fails(fetchOnce(cluster, topic, 0, 2001), 'OFFSET_OUT_OF_RANGE', 'fetching after the end')
  const answer = await fetchOnce(cluster, topic, 0, 777)
  same([answer.highWatermark, answer.lastStableOffset, answer.lastStartOffset], ['2000', '2000', '777'], 'what a Fetch answer tells of the log')
}

async function testLongPoll(cluster) {
  const topic = 'awaited'
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'first' }] })
  let begun = Date.now()
  const nothing = await fetchOnce(cluster, topic, 0, 1, { maxWaitTime: 400 })
  report(nothing.messages.length === 0 && Date.now() - begun >= 380, 'a fetch at the end waits for maxWaitTime')
  begun = Date.now()
  const waiting = fetchOnce(cluster, topic, 0, 1, { maxWaitTime: 10000 })
  await new Promise(resolve => setTimeout(resolve, 200))
  await producer.send({ topic, messages: [{ value: 'second' }] })
  const woken = await waiting
  report(String(woken.messages[0] && woken.messages[0].value) === 'second' && Date.now() - begun < 3000, 'a waiting fetch is woken by a record')
  await producer.disconnect()
}

async function testKeys(admin, cluster) {
  await admin.createTopics({ topics: [{ topic: 'keyed', numPartitions: 4 }] })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = Array.from({ length: 1000 }, (_, i) => ({ key: `user-${i}`, value: `${i}` }))
  const placed = await producer.send({ topic: 'keyed', messages })
  same(placed.map(p => p.errorCode), [0, 0, 0, 0], 'one send to four partitions')
  await producer.disconnect()
  const all = []
  for (let partition = 0; partition < 4; partition++)
    all.push(...(await consume(cluster, 'keyed', partition, 1)).map(m => Number(m.value)))
  same(all.sort((a, b) => a - b), messages.map((_, i) => i), '1000 keyed records over four partitions')
}

async function main() {
  const admin = kafka.admin()
  await admin.connect()
  const cluster = await connectCluster()
  await testTopics(admin)
  await testConfigs(admin)
  await testRoundTrips(cluster)
  await testOffsets(admin, cluster)
  await testLongPoll(cluster)
  await testKeys(admin, cluster)
  await cluster.disconnect()
  await admin.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
