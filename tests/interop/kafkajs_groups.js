// kafkajs's groups and guarantees against the broker; see kafkajs.sh.
// usage: kafkajs_groups.js HOST:PORT    prints TAP
'use strict'
const { isDeepStrictEqual } = require('util')
const { Kafka, logLevel } = require('kafkajs')

const at = process.argv[2]
const kafka = new Kafka({ clientId: 'interop', brokers: [at], logLevel: logLevel.NOTHING, retry: { retries: 10, initialRetryTime: 100 } })
const GROUP = { sessionTimeout: 6000, heartbeatInterval: 300, rebalanceTimeout: 10000 }

function same(got, wanted, what) {
  const good = isDeepStrictEqual(got, wanted)
  console.log(`${good ? 'ok' : 'not ok'} - kafkajs: ${what}`)
  if (!good)
    console.log(`# got    ${JSON.stringify(got)}`.slice(0, 300) + `\n# wanted ${JSON.stringify(wanted)}`.slice(0, 300))
}

async function until(condition, ms = 20000) {
  for (const deadline = Date.now() + ms; !condition() && Date.now() < deadline; )
    await new Promise(resolve => setTimeout(resolve, 50))
}

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const sorted = list => [...list].sort((a, b) => a - b)

async function send(topic, partitions, from, to) {
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (let n = from; n <= to; n += 50) {
    const messages = numbers(n, Math.min(n + 49, to)).map(i => ({ value: String(i), partition: i % partitions }))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

// What it has processed goes into `seen`; `share()` tells how many partitions it has.
async function join(groupId, topic, seen, settings = {}) {
  const consumer = kafka.consumer({ groupId, ...GROUP, ...settings })
  let partitions = []
  consumer.on(consumer.events.GROUP_JOIN, event => (partitions = event.payload.memberAssignment[topic] || []))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ autoCommitInterval: 200, eachMessage: async ({ message }) => seen.push(Number(message.value)) })
  return { leave: () => consumer.disconnect(), share: () => partitions.length }
}

const shares = members => sorted(members.map(member => member.share()))

async function testGroup(admin) {
  await admin.createTopics({ topics: [{ topic: 'shared', numPartitions: 6 }] })
  const seen = []
  await send('shared', 6, 1, 600)
  const members = [await join('trio', 'shared', seen)]
  await until(() => seen.length >= 600)
  same(seen.length, 600, 'one member reads six partitions')
  members.push(await join('trio', 'shared', seen), await join('trio', 'shared', seen))
  await until(() => isDeepStrictEqual(shares(members), [2, 2, 2]))
  same(shares(members), [2, 2, 2], 'three members have two partitions each')
  const { groups } = await admin.describeGroups(['trio'])
  same([groups[0].state, groups[0].members.length], ['Stable', 3], 'describeGroups')
  await send('shared', 6, 601, 1200)
  await until(() => seen.length >= 1200)
  await members.pop().leave()
  await until(() => isDeepStrictEqual(shares(members), [3, 3]))
  same(shares(members), [3, 3], 'one leaves: two have three each')
  await send('shared', 6, 1201, 1500)
  await until(() => seen.length >= 1500)
  for (const member of members)
    await member.leave()
  same(sorted(seen), numbers(1, 1500), 'each record was processed, none twice')

  await send('shared', 6, 1501, 1800)
  const again = []
  const late = await join('trio', 'shared', again)
  await until(() => again.length >= 300)
  await late.leave()
  same(sorted(again), numbers(1501, 1800), 'offsets resume after all have left')
  const [{ partitions }] = await admin.fetchOffsets({ groupId: 'trio', topics: ['shared'] })
  same(partitions.map(p => p.offset), Array(6).fill('300'), 'fetchOffsets')
  await admin.setOffsets({ groupId: 'trio', topic: 'shared', partitions: [{ partition: 0, offset: '17' }] })
  const moved = (await admin.fetchOffsets({ groupId: 'trio', topics: ['shared'] }))[0].partitions.find(p => p.partition === 0)
  same(moved.offset, '17', 'setOffsets')
  await admin.deleteGroups(['trio'])
  same((await admin.listGroups()).groups.filter(group => group.groupId === 'trio'), [], 'deleteGroups')
}

async function readAll(topic, count, settings) {
  const seen = []
  const reader = await join(`reader-${Math.random()}`, topic, seen, settings)
  await until(() => seen.length >= count, 5000)
  await new Promise(resolve => setTimeout(resolve, 500)) // what should not come has time to
  await reader.leave()
  return sorted(seen)
}

async function testTransactions(admin) {
  await admin.createTopics({ topics: [{ topic: 'ledger', numPartitions: 2 }] })
  const producer = kafka.producer({ transactionalId: 'clerk', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const write = async (from, to) => {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'ledger', messages: numbers(from, to).map(i => ({ value: String(i), partition: i % 2 })) })
    await transaction.sendOffsets({ consumerGroupId: 'clerks', topics: [{ topic: 'shared', partitions: [{ partition: 0, offset: String(to) }] }] })
    return transaction
  }
  const committedOffset = async () => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: 'clerks', topics: ['shared'] })
    return partitions.find(p => p.partition === 0).offset
  }
  await (await write(1, 100)).commit()
  same(await committedOffset(), '100', 'sendOffsets, committed')
  await (await write(101, 200)).abort()
  same(await committedOffset(), '100', 'sendOffsets, aborted')
  await (await write(201, 300)).commit()
  same(await committedOffset(), '300', 'sendOffsets, committed again')
  const committed = [...numbers(1, 100), ...numbers(201, 300)]
  same(await readAll('ledger', 200), committed, 'a read_committed consumer sees what was committed')
  same(await readAll('ledger', 300, { readUncommitted: true }), numbers(1, 300), 'a read_uncommitted one sees all')

  const zombie = await write(301, 310)
  const newer = kafka.producer({ transactionalId: 'clerk', idempotent: true, maxInFlightRequests: 1 })
  await newer.connect()
  await (await newer.transaction()).abort()
  const error = await zombie.commit().then(() => null, error => error)
  same(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'].includes(error && error.type), true, 'a zombie is fenced')
  same(await readAll('ledger', 200), committed, 'and nothing of it is seen')
  await newer.disconnect()
  await producer.disconnect()
}

async function main() {
  const admin = kafka.admin()
  await admin.connect()
  await testGroup(admin)
  await testTransactions(admin)
  await admin.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
