import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeProducersOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnknownMemberIdException;

/**
 * Groups, idempotence and transactions of Apache Kafka's client; see java.sh.
 * usage: JavaGroups HOST:PORT NAME prints TAP. Several consumers are polled in turns by one thread.
 */
public class JavaGroups {
    static final int PARTITIONS = 6;
    static final long PATIENCE_MS = 20000;

    interface Condition {
        boolean holds() throws Exception;
    }

    interface Attempt {
        void run() throws Exception;
    }

    interface Question {
        Object ask() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        JavaClient.at = args[0];
        JavaClient.name = args[1];
        try (Admin admin = Admin.create(JavaClient.settings())) {
            for (String assignor : List.of("Range", "RoundRobin", "Sticky", "CooperativeSticky"))
                testGroup(admin, assignor);
            testStaticMembers(admin);
            testGroupAdmin(admin);
            testIdempotence(admin);
            testTransactions(admin);
            testOffsetsInTransactions(admin);
            testFencing(admin);
            testTransactionAdmin(admin);
        }
    }

    static void throwsA(Class<? extends Exception> wanted, Attempt attempt, String what) {
        try {
            attempt.run();
            JavaClient.same("success", wanted, what);
        } catch (Exception e) {
            boolean found = wanted.isInstance(e) || wanted.isInstance(e.getCause());
            JavaClient.same(found ? wanted : e, wanted, what);
        }
    }

    /** For what a transaction's markers do: they may come after the answer. */
    static void becomes(Object wanted, Question question, String what) throws Exception {
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        Object got = question.ask();
        while (!got.equals(wanted) && System.currentTimeMillis() < deadline)
            got = question.ask();
        JavaClient.same(got, wanted, what);
    }

    static void makeTopic(Admin admin, String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    static ProducerRecord<byte[], byte[]> record(String topic, int partition, String value) {
        return new ProducerRecord<>(topic, partition, null, JavaClient.bytes(value));
    }

    static TopicPartition first(String topic) {
        return new TopicPartition(topic, 0);
    }

    /** `count` numbers from `from` on, over all partitions. */
    static void produceNumbers(String topic, int from, int count) {
        try (KafkaProducer<byte[], byte[]> producer = JavaClient.producer("all", "none")) {
            for (int i = from; i < from + count; i++)
                producer.send(record(topic, i % PARTITIONS, "" + i));
        }
    }

    static KafkaConsumer<byte[], byte[]> member(String group, String topic, String... more) {
        List<String> settings = new ArrayList<>(List.of("group.id", group, "auto.offset.reset", "earliest",
                "session.timeout.ms", "6000", "heartbeat.interval.ms", "300"));
        Collections.addAll(settings, more);
        KafkaConsumer<byte[], byte[]> consumer = JavaClient.consumer(settings.toArray(new String[0]));
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    /** Polls all in turns, and commits what each has got, until the condition holds. */
    static boolean pollUntil(List<KafkaConsumer<byte[], byte[]>> members, List<String> got, Condition condition)
            throws Exception {
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (System.currentTimeMillis() < deadline) {
            for (KafkaConsumer<byte[], byte[]> member : members) {
                for (ConsumerRecord<byte[], byte[]> r : member.poll(Duration.ofMillis(50)))
                    got.add(JavaClient.text(r.value()));
                try {
                    member.commitSync();
                } catch (CommitFailedException | org.apache.kafka.common.errors.RebalanceInProgressException e) {
                    continue; // a rebalance came between; what was read will come again if it moves
                }
            }
            if (condition.holds())
                return true;
        }
        return false;
    }

    /** Each has so many partitions, and together they have all. */
    static boolean share(List<KafkaConsumer<byte[], byte[]>> members, int each) {
        Set<TopicPartition> all = new HashSet<>();
        for (KafkaConsumer<byte[], byte[]> member : members) {
            if (member.assignment().size() != each)
                return false;
            all.addAll(member.assignment());
        }
        return all.size() == PARTITIONS;
    }

    static boolean isNumbers(List<String> got, int count) {
        Set<String> different = new HashSet<>(got);
        for (int i = 0; i < count; i++)
            if (!different.contains("" + i))
                return false;
        return got.size() == count;
    }

    static ConsumerGroupDescription describe(Admin admin, String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).all().get().get(group);
    }

    /** The sum of the committed offsets. */
    static long committed(Admin admin, String group) throws Exception {
        long sum = 0;
        for (OffsetAndMetadata offset :
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values())
            sum += offset.offset();
        return sum;
    }

    static void testGroup(Admin admin, String assignor) throws Exception {
        String topic = "numbers-" + assignor, group = "group-" + assignor;
        String[] strategy = {"partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor + "Assignor"};
        List<String> got = new ArrayList<>();
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        makeTopic(admin, topic, PARTITIONS);
        for (int i = 0; i < 3; i++)
            members.add(member(group, topic, strategy));
        JavaClient.report(pollUntil(members, got, () -> share(members, 2)), assignor + ": three share six partitions");
        produceNumbers(topic, 0, 600);
        JavaClient.report(pollUntil(members, got, () -> got.size() >= 600) && isNumbers(got, 600),
                assignor + ": together they read each record once");
        ConsumerGroupDescription description = describe(admin, group);
        JavaClient.same(description.members().size(), 3, assignor + ": describeConsumerGroups: the members");
        JavaClient.same(description.partitionAssignor(),
                assignor.equals("CooperativeSticky") ? "cooperative-sticky" : assignor.toLowerCase(),
                assignor + ": describeConsumerGroups: the assignor");
        members.remove(0).close();
        JavaClient.report(pollUntil(members, got, () -> share(members, 3)), assignor + ": one leaves, two share");
        produceNumbers(topic, 600, 600);
        JavaClient.report(pollUntil(members, got, () -> got.size() >= 1200) && isNumbers(got, 1200),
                assignor + ": they go on where it was");
        members.add(member(group, topic, strategy));
        JavaClient.report(pollUntil(members, got, () -> share(members, 2)), assignor + ": another joins, three share");
        produceNumbers(topic, 1200, 600);
        JavaClient.report(pollUntil(members, got, () -> got.size() >= 1800) && isNumbers(got, 1800),
                assignor + ": and nothing is read twice");
        for (KafkaConsumer<byte[], byte[]> member : members)
            member.close();
        JavaClient.same(committed(admin, group), 1800L, assignor + ": all is committed");
        JavaClient.same(describe(admin, group).members().size(), 0, assignor + ": all have left");
    }

    static void testStaticMembers(Admin admin) throws Exception {
        String topic = "static", group = "static-group";
        List<String> got = new ArrayList<>();
        makeTopic(admin, topic, PARTITIONS);
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>(List.of(
                member(group, topic, "group.instance.id", "first"), member(group, topic, "group.instance.id", "second")));
        JavaClient.report(pollUntil(members, got, () -> share(members, 3)), "static members share the partitions");
        int generation = members.get(1).groupMetadata().generationId();
        Set<TopicPartition> before = new HashSet<>(members.get(0).assignment());
        members.get(0).close();
        members.set(0, member(group, topic, "group.instance.id", "first"));
        JavaClient.report(pollUntil(members, got, () -> share(members, 3)), "one that comes back gets its partitions");
        JavaClient.same(members.get(0).assignment(), before, "they are the same");
        JavaClient.same(members.get(1).groupMetadata().generationId(), generation, "and nobody was disturbed");
        KafkaConsumer<byte[], byte[]> twin = member(group, topic, "group.instance.id", "first");
        KafkaConsumer<byte[], byte[]> old = members.set(0, twin);
        JavaClient.report(pollUntil(members, got, () -> share(members, 3)), "a twin takes its place");
        throwsA(FencedInstanceIdException.class, () -> {
            for (int i = 0; i < 50; i++)
                old.poll(Duration.ofMillis(100));
        }, "and the older one is fenced");
        old.close();
        admin.removeMembersFromConsumerGroup(group,
                new RemoveMembersFromConsumerGroupOptions(Set.of(new MemberToRemove("second")))).all().get();
        members.remove(1).close();
        JavaClient.report(pollUntil(members, got, () -> share(members, 6)), "removeMembersFromConsumerGroup by instance id");
        twin.close();
    }

    static void testGroupAdmin(Admin admin) throws Exception {
        String topic = "administered", group = "administered-group";
        List<String> got = new ArrayList<>();
        makeTopic(admin, topic, PARTITIONS);
        produceNumbers(topic, 0, 60);
        KafkaConsumer<byte[], byte[]> member = member(group, topic);
        pollUntil(List.of(member), got, () -> got.size() >= 60);
        JavaClient.report(admin.listConsumerGroups().all().get().stream().anyMatch(g -> g.groupId().equals(group)),
                "listConsumerGroups");
        JavaClient.same(describe(admin, group).state().toString(), "Stable", "describeConsumerGroups: the state");
        throwsA(GroupNotEmptyException.class, () -> admin.deleteConsumerGroups(List.of(group)).all().get(),
                "deleteConsumerGroups while it has members");
        throwsA(GroupSubscribedToTopicException.class,
                () -> admin.deleteConsumerGroupOffsets(group, Set.of(first(topic))).all().get(),
                "deleteConsumerGroupOffsets while it subscribes");
        throwsA(UnknownMemberIdException.class,
                () -> admin.alterConsumerGroupOffsets(group, Map.of(first(topic), new OffsetAndMetadata(3))).all().get(),
                "alterConsumerGroupOffsets while it has members");
        member.close();
        admin.alterConsumerGroupOffsets(group, Map.of(first(topic), new OffsetAndMetadata(3, "moved"))).all().get();
        OffsetAndMetadata moved = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(first(topic));
        JavaClient.same(List.of(moved.offset(), moved.metadata()), List.of(3L, "moved"), "alterConsumerGroupOffsets");
        admin.deleteConsumerGroupOffsets(group, Set.of(first(topic))).all().get();
        JavaClient.same(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().size(), PARTITIONS - 1,
                "deleteConsumerGroupOffsets");
        admin.deleteConsumerGroups(List.of(group)).all().get();
        throwsA(GroupIdNotFoundException.class, () -> admin.deleteConsumerGroups(List.of(group)).all().get(),
                "deleteConsumerGroups");
    }

    static List<String> readAll(String topic, String isolation) throws Exception {
        List<String> got = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = JavaClient.consumer("isolation.level", isolation)) {
            consumer.assign(List.of(first(topic)));
            consumer.seekToBeginning(List.of(first(topic)));
            long end = consumer.endOffsets(List.of(first(topic))).get(first(topic));
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            while (consumer.position(first(topic)) < end && System.currentTimeMillis() < deadline)
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(100)))
                    got.add(JavaClient.text(r.value()));
        }
        return got;
    }

    static void testIdempotence(Admin admin) throws Exception {
        makeTopic(admin, "idempotent", 1);
        List<String> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = JavaClient.producer("all", "lz4", "batch.size", "300")) {
            for (int i = 0; i < 5000; i++) {
                producer.send(record("idempotent", 0, "number " + i));
                sent.add("number " + i);
            }
        }
        JavaClient.same(readAll("idempotent", "read_committed"), sent, "small batches of an idempotent producer, in order");
        Collection<ProducerState> states = admin.describeProducers(List.of(first("idempotent")))
                .partitionResult(first("idempotent")).get().activeProducers();
        JavaClient.same(states.iterator().next().lastSequence(), 4999, "describeProducers: its last sequence number");
    }

    static KafkaProducer<byte[], byte[]> transactional(String id) {
        KafkaProducer<byte[], byte[]> producer = JavaClient.producer("all", "none", "transactional.id", id);
        producer.initTransactions();
        return producer;
    }

    static void testTransactions(Admin admin) throws Exception {
        String topic = "transactions";
        List<String> all = new ArrayList<>(), good = new ArrayList<>();
        makeTopic(admin, topic, 1);
        try (KafkaProducer<byte[], byte[]> producer = transactional("some")) {
            for (int t = 0; t < 20; t++) {
                producer.beginTransaction();
                for (int i = 0; i < 50; i++) {
                    String value = "transaction " + t + ", record " + i;
                    producer.send(record(topic, 0, value));
                    all.add(value);
                    if (t % 3 != 0)
                        good.add(value);
                }
                if (t % 3 == 0) {
                    producer.flush(); // without it the client drops what it has not sent
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
            becomes(good, () -> readAll(topic, "read_committed"), "read_committed: what was committed");
            JavaClient.same(readAll(topic, "read_uncommitted"), all, "read_uncommitted: all");
            producer.beginTransaction();
            Future<RecordMetadata> open = producer.send(record(topic, 0, "open"));
            producer.flush();
            try (KafkaConsumer<byte[], byte[]> consumer = JavaClient.consumer("isolation.level", "read_committed")) {
                JavaClient.same(consumer.endOffsets(List.of(first(topic))).get(first(topic)), open.get().offset(),
                        "read_committed: the end is where a transaction is open");
            }
            JavaClient.same(readAll(topic, "read_committed"), good, "read_committed: nothing of an open transaction");
            producer.commitTransaction();
            good.add("open");
            becomes(good, () -> readAll(topic, "read_committed"), "read_committed: all of it when it is committed");
        }
    }

    static void testOffsetsInTransactions(Admin admin) throws Exception {
        String topic = "piped", group = "pipe";
        makeTopic(admin, "source", PARTITIONS);
        makeTopic(admin, topic, 1);
        produceNumbers("source", 0, 600);
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        int copied = 0, rounds = 0;
        try (KafkaProducer<byte[], byte[]> producer = transactional("pipe");
                KafkaConsumer<byte[], byte[]> consumer = member(group, "source", "isolation.level", "read_committed",
                        "max.poll.records", "70")) {
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            while (copied < 600 && System.currentTimeMillis() < deadline) {
                producer.beginTransaction();
                int count = 0;
                next.clear();
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(200))) {
                    producer.send(record(topic, 0, JavaClient.text(r.value())));
                    next.put(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1));
                    count++;
                }
                producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
                if (count > 0 && rounds++ % 2 == 0) {
                    producer.abortTransaction();
                    rewind(consumer);
                    continue;
                }
                producer.commitTransaction();
                copied += count;
            }
            becomes(true, () -> isNumbers(readAll(topic, "read_committed"), 600), "a pipeline that aborts copies each record once");
            becomes(600L, () -> committed(admin, group), "its offsets are committed");
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(first("source"), new OffsetAndMetadata(5)), consumer.groupMetadata());
            JavaClient.same(committed(admin, group), 600L, "those of an open transaction are not seen");
            producer.abortTransaction();
            JavaClient.same(committed(admin, group), 600L, "nor when it is aborted");
            producer.beginTransaction();
            ConsumerGroupMetadata zombie = new ConsumerGroupMetadata(group, consumer.groupMetadata().generationId() - 1,
                    consumer.groupMetadata().memberId(), consumer.groupMetadata().groupInstanceId());
            throwsA(CommitFailedException.class,
                    () -> producer.sendOffsetsToTransaction(Map.of(first("source"), new OffsetAndMetadata(5)), zombie),
                    "offsets of an older generation are refused");
            producer.abortTransaction();
            JavaClient.same(committed(admin, group), 600L, "and change nothing");
        }
    }

    /** Back to what is committed, as a pipeline does after an abort. */
    static void rewind(KafkaConsumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata offset = committed.get(partition);
            consumer.seek(partition, offset == null ? 0 : offset.offset());
        }
    }

    static void testFencing(Admin admin) throws Exception {
        makeTopic(admin, "fenced", 1);
        try (KafkaProducer<byte[], byte[]> older = transactional("twins")) {
            older.beginTransaction();
            older.send(record("fenced", 0, "older")).get();
            try (KafkaProducer<byte[], byte[]> newer = transactional("twins")) {
                newer.beginTransaction();
                newer.send(record("fenced", 0, "newer"));
                throwsA(ProducerFencedException.class, older::commitTransaction, "the older of two producers is fenced");
                newer.commitTransaction();
                becomes(List.of("newer"), () -> readAll("fenced", "read_committed"), "only the newer one's record counts");
                admin.fenceProducers(List.of("twins")).all().get();
                newer.beginTransaction();
                throwsA(ProducerFencedException.class, () -> {
                    newer.send(record("fenced", 0, "late"));
                    newer.commitTransaction();
                }, "fenceProducers");
            }
        }
    }

    static void testTransactionAdmin(Admin admin) throws Exception {
        TopicPartition partition = first("watched");
        makeTopic(admin, "watched", 1);
        try (KafkaProducer<byte[], byte[]> producer = transactional("watched")) {
            producer.beginTransaction();
            long offset = producer.send(record("watched", 0, "hanging")).get().offset();
            JavaClient.report(admin.listTransactions().all().get().stream().anyMatch(
                    t -> t.transactionalId().equals("watched") && t.state().toString().equals("Ongoing")), "listTransactions");
            TransactionDescription description = admin.describeTransactions(List.of("watched")).all().get().get("watched");
            JavaClient.same(description.topicPartitions(), Set.of(partition), "describeTransactions: its partitions");
            ProducerState state = admin.describeProducers(List.of(partition), new DescribeProducersOptions().brokerId(1))
                    .partitionResult(partition).get().activeProducers().get(0);
            JavaClient.same(state.currentTransactionStartOffset().getAsLong(), offset, "describeProducers: where it began");
            admin.abortTransaction(new AbortTransactionSpec(partition, state.producerId(), (short) state.producerEpoch(),
                    state.coordinatorEpoch().orElse(0))).all().get();
            becomes(List.of(2L, List.of()), () -> List.of(JavaClient.find(admin, partition, OffsetSpec.latest()).offset(),
                    readAll("watched", "read_committed")), "abortTransaction");
            JavaClient.same(readAll("watched", "read_uncommitted"), List.of("hanging"), "and the rest can be read");
        }
    }
}
