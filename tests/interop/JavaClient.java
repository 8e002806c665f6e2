import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Apache Kafka's client against the broker; see java.sh. usage: JavaClient HOST:PORT NAME prints TAP */
public class JavaClient {
    static final long BASE_TIME_MS = 1700000000000L;
    static String at;
    static String name;

    public static void main(String[] args) throws Exception {
        at = args[0];
        name = args[1];
        try (Admin admin = Admin.create(settings())) {
            testTopics(admin);
            testConfigs(admin);
            for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
                testRoundTrip("trip-" + codec, "all", codec);
            testRoundTrip("trip-acks-1", "1", "none");
            testRoundTrip("trip-acks-0", "0", "none");
            testOffsets(admin, "trip-lz4");
            testDeleteRecords(admin, "trip-none");
            testOrderAndSize(admin);
            produceKeyed(admin);
        }
    }

    static void report(boolean good, String what) {
        System.out.println((good ? "ok" : "not ok") + " - " + name + ": " + what);
    }

    static void same(Object got, Object wanted, String what) {
        report(Objects.equals(got, wanted), what);
        if (!Objects.equals(got, wanted))
            System.out.println("# got " + shorten(got) + "\n# wanted " + shorten(wanted));
    }

    static String shorten(Object what) {
        String text = String.valueOf(what);
        return text.length() > 300 ? text.substring(0, 300) + "..." : text;
    }

    static void fails(Future<?> future, Class<? extends Exception> wanted, String what) throws Exception {
        try {
            future.get();
            same("success", wanted, what);
        } catch (ExecutionException e) {
            same(e.getCause().getClass(), wanted, what);
        }
    }

    static Properties settings() {
        Properties p = new Properties();
        p.put("bootstrap.servers", at);
        return p;
    }

    static KafkaProducer<byte[], byte[]> producer(String acks, String codec, String... more) {
        Properties p = settings();
        p.put("acks", acks);
        p.put("compression.type", codec);
        p.put("linger.ms", "5");
        p.put("key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        p.put("value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        for (int i = 0; i < more.length; i += 2)
            p.put(more[i], more[i + 1]);
        return new KafkaProducer<>(p);
    }

    static KafkaConsumer<byte[], byte[]> consumer(String... more) {
        Properties p = settings();
        p.put("enable.auto.commit", "false");
        p.put("auto.offset.reset", "none");
        p.put("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        p.put("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        for (int i = 0; i < more.length; i += 2)
            p.put(more[i], more[i + 1]);
        return new KafkaConsumer<>(p);
    }

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }

    static String show(byte[] key, byte[] value, long timestamp, Iterable<Header> headers) {
        StringBuilder all = new StringBuilder(text(key) + "|" + text(value) + "|" + timestamp);
        for (Header header : headers)
            all.append("|").append(header.key()).append("=").append(text(header.value()));
        return all.toString();
    }

    static List<ProducerRecord<byte[], byte[]>> makeRecords(String topic, int count) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] key = bytes(i % 5 == 0 ? null : "key-" + i);
            byte[] value = bytes(i % 7 == 0 ? null : ("value " + i + " žluťoučký ").repeat(1 + i % 9));
            List<Header> headers = new ArrayList<>();
            for (int h = 0; h < i % 3; h++)
                headers.add(new RecordHeader("header-" + h, h == 0 ? null : bytes("" + i)));
            records.add(new ProducerRecord<>(topic, 0, BASE_TIME_MS + i, key, value, headers));
        }
        return records;
    }

    static void testTopics(Admin admin) throws Exception {
        NewTopic made = new NewTopic("made", 3, (short) 1).configs(Map.of("retention.ms", "1234567"));
        admin.createTopics(List.of(made), new CreateTopicsOptions().validateOnly(true)).all().get();
        report(!admin.listTopics().names().get().contains("made"), "createTopics that only validates");
        CreateTopicsResult created = admin.createTopics(List.of(made));
        created.all().get();
        same(created.numPartitions("made").get(), 3, "createTopics tells the partitions");
        ConfigEntry retention = created.config("made").get().get("retention.ms");
        same(retention == null ? null : retention.value(), "1234567", "createTopics tells the settings");
        Uuid id = created.topicId("made").get();
        report(!id.equals(Uuid.ZERO_UUID), "createTopics tells the topic id");
        fails(admin.createTopics(List.of(made)).all(), TopicExistsException.class, "createTopics of what exists");
        fails(admin.createTopics(List.of(new NewTopic("a/b", 1, (short) 1))).all(), InvalidTopicException.class,
                "createTopics of a bad name");
        fails(admin.createTopics(List.of(new NewTopic("wide", 1, (short) 3))).all(),
                InvalidReplicationFactorException.class, "createTopics with more replicas than brokers");
        admin.createTopics(List.of(new NewTopic("defaults", Optional.empty(), Optional.empty()))).all().get();
        admin.createTopics(List.of(new NewTopic("assigned", Map.of(0, List.of(1), 1, List.of(1))))).all().get();
        same(describe(admin, "defaults").partitions().size(), 1, "createTopics with the broker's defaults");
        same(describe(admin, "assigned").partitions().size(), 2, "createTopics with an assignment of replicas");

        admin.createPartitions(Map.of("made", NewPartitions.increaseTo(5))).all().get();
        TopicDescription description = describe(admin, "made");
        same(description.partitions().size(), 5, "createPartitions");
        same(description.topicId(), id, "describeTopics by name tells the topic id");
        same(description.partitions().get(4).leader().idString(), "1", "describeTopics: the leader");
        same(description.partitions().get(4).isr().size(), 1, "describeTopics: the in-sync replicas");
        same(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(), "made",
                "describeTopics by topic id");
        fails(admin.createPartitions(Map.of("made", NewPartitions.increaseTo(2))).all(),
                InvalidPartitionsException.class, "createPartitions with fewer");
        same(admin.describeCluster().controller().get().id(), 1, "describeCluster: the controller");
        same(admin.describeCluster().nodes().get().iterator().next().port(), Integer.valueOf(at.split(":")[1]),
                "describeCluster: the broker");
        report(admin.describeCluster().clusterId().get().length() == 22, "describeCluster: the cluster id");

        admin.deleteTopics(List.of("defaults", "assigned")).all().get();
        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
        same(admin.listTopics().names().get(), Set.of(), "deleteTopics by name and by topic id");
        fails(admin.describeTopics(List.of("made")).allTopicNames(), UnknownTopicOrPartitionException.class,
                "describeTopics of what is deleted");
        fails(admin.deleteTopics(List.of("made")).all(), UnknownTopicOrPartitionException.class,
                "deleteTopics of what is deleted");
    }

    static TopicDescription describe(Admin admin, String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    }

    static Config configOf(Admin admin, ConfigResource resource) throws Exception {
        return admin.describeConfigs(List.of(resource)).all().get().get(resource);
    }

    static void alter(Admin admin, ConfigResource resource, String key, String value, AlterConfigOp.OpType type)
            throws Exception {
        Collection<AlterConfigOp> ops = List.of(new AlterConfigOp(new ConfigEntry(key, value), type));
        admin.incrementalAlterConfigs(Map.of(resource, ops)).all().get();
    }

    static void testConfigs(Admin admin) throws Exception {
        admin.createTopics(List.of(new NewTopic("settings", 1, (short) 1))).all().get();
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "settings");
        same(configOf(admin, topic).get("segment.bytes").value(), "1073741824", "describeConfigs: a default");
        report(configOf(admin, topic).get("segment.bytes").isDefault(), "describeConfigs says that it is one");
        same(configOf(admin, topic).get("segment.bytes").type(), ConfigEntry.ConfigType.INT, "describeConfigs: its type");
        alter(admin, topic, "retention.ms", "7654321", AlterConfigOp.OpType.SET);
        alter(admin, topic, "segment.bytes", "100000", AlterConfigOp.OpType.SET);
        same(configOf(admin, topic).get("retention.ms").value(), "7654321", "incrementalAlterConfigs sets");
        same(configOf(admin, topic).get("retention.ms").source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG,
                "describeConfigs: where it was set");
        alter(admin, topic, "segment.bytes", null, AlterConfigOp.OpType.DELETE);
        same(configOf(admin, topic).get("segment.bytes").value(), "1073741824", "incrementalAlterConfigs deletes");
        same(configOf(admin, topic).get("retention.ms").value(), "7654321", "and leaves the rest alone");
        Collection<AlterConfigOp> wrong =
                List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "soon"), AlterConfigOp.OpType.SET));
        fails(admin.incrementalAlterConfigs(Map.of(topic, wrong)).all(), InvalidConfigurationException.class,
                "incrementalAlterConfigs with a wrong value");
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        report(configOf(admin, broker).get("log.dirs").isReadOnly(), "describeConfigs of the broker");
    }

    static void testRoundTrip(String topic, String acks, String codec) throws Exception {
        List<ProducerRecord<byte[], byte[]>> records = makeRecords(topic, 3000);
        List<String> sent = new ArrayList<>();
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer(acks, codec)) {
            for (ProducerRecord<byte[], byte[]> record : records) {
                answers.add(producer.send(record));
                sent.add(show(record.key(), record.value(), record.timestamp(), record.headers()));
            }
            producer.flush();
        }
        String how = codec + ", acks=" + acks;
        if (!acks.equals("0"))
            same(answers.get(2999).get().offset(), 2999L, "the last offset is acknowledged, " + how);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer("max.partition.fetch.bytes", "20000")) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<String> got = new ArrayList<>();
            long deadline = System.currentTimeMillis() + 10000;
            while (got.size() < sent.size() && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(200))) {
                    got.add(r.offset() == got.size() ? show(r.key(), r.value(), r.timestamp(), r.headers())
                                                     : "offset " + r.offset());
                }
            }
            same(got, sent, "3000 records, " + how);
            same(consumer.endOffsets(List.of(partition)).get(partition), 3000L, "endOffsets, " + how);
            consumer.seek(partition, 1234);
            ConsumerRecord<byte[], byte[]> first = consumer.poll(Duration.ofSeconds(5)).iterator().next();
            same(first.offset(), 1234L, "seek into the middle, " + how);
        }
    }

    static ListOffsetsResultInfo find(Admin admin, TopicPartition partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
    }

    static void testOffsets(Admin admin, String topic) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<byte[], byte[]> producer = producer("all", "none")) {
            producer.send(new ProducerRecord<>(topic, 0, BASE_TIME_MS + 1000000, null, bytes("newest"))).get();
            producer.send(new ProducerRecord<>(topic, 0, BASE_TIME_MS + 5, null, bytes("late"))).get();
        }
        same(find(admin, partition, OffsetSpec.earliest()).offset(), 0L, "listOffsets: earliest");
        same(find(admin, partition, OffsetSpec.latest()).offset(), 3002L, "listOffsets: latest");
        ListOffsetsResultInfo newest = find(admin, partition, OffsetSpec.maxTimestamp());
        same(List.of(newest.offset(), newest.timestamp()), List.of(3000L, BASE_TIME_MS + 1000000),
                "listOffsets: the greatest timestamp");
        ListOffsetsResultInfo byTime = find(admin, partition, OffsetSpec.forTimestamp(BASE_TIME_MS + 777));
        same(List.of(byTime.offset(), byTime.timestamp()), List.of(777L, BASE_TIME_MS + 777), "listOffsets: by time");
        same(find(admin, partition, OffsetSpec.forTimestamp(BASE_TIME_MS * 2)).offset(), -1L,
                "listOffsets: a time after the last");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(partition, BASE_TIME_MS + 2345)).get(partition);
            same(List.of(found.offset(), found.timestamp()), List.of(2345L, BASE_TIME_MS + 2345), "offsetsForTimes");
            same(consumer.offsetsForTimes(Map.of(partition, BASE_TIME_MS * 2)).get(partition), null,
                    "offsetsForTimes after the last");
            same(consumer.beginningOffsets(List.of(partition)).get(partition), 0L, "beginningOffsets");
            same(consumer.partitionsFor(topic).size(), 1, "partitionsFor");
        }
    }

    static void testDeleteRecords(Admin admin, String topic) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        same(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(1500)))
                        .lowWatermarks().get(partition).get().lowWatermark(), 1500L, "deleteRecords");
        same(find(admin, partition, OffsetSpec.earliest()).offset(), 1500L, "the earliest offset after it");
        fails(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9999))).all(),
                OffsetOutOfRangeException.class, "deleteRecords past the end");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            same(consumer.poll(Duration.ofSeconds(5)).iterator().next().offset(), 1500L, "the first record after it");
            consumer.seek(partition, 1499);
            try {
                for (int i = 0; i < 20; i++)
                    consumer.poll(Duration.ofMillis(200));
                same("records", OffsetOutOfRangeException.class, "a deleted offset is out of range");
            } catch (org.apache.kafka.clients.consumer.OffsetOutOfRangeException e) {
                same(e.partitions(), Set.of(partition), "a deleted offset is out of range");
            }
        }
    }

    static void testOrderAndSize(Admin admin) throws Exception {
        NewTopic small = new NewTopic("small", 1, (short) 1)
                .configs(Map.of("max.message.bytes", "1000", "message.timestamp.type", "LogAppendTime"));
        admin.createTopics(List.of(small)).all().get();
        try (KafkaProducer<byte[], byte[]> producer = producer("all", "none", "batch.size", "0")) {
            RecordMetadata stamped = producer.send(new ProducerRecord<>("small", 0, 1L, null, bytes("x"))).get();
            report(stamped.timestamp() > BASE_TIME_MS, "with LogAppendTime the producer hears the broker's time");
            fails(producer.send(new ProducerRecord<>("small", 0, null, new byte[2000])), RecordTooLargeException.class,
                    "a record above max.message.bytes");
            same(producer.send(new ProducerRecord<>("small", 0, null, bytes("y"))).get().offset(), 1L,
                    "the record after it");
        }
    }

    static void produceKeyed(Admin admin) throws Exception {
        admin.createTopics(List.of(new NewTopic("ours", 7, (short) 1), new NewTopic("theirs", 7, (short) 1)))
                .all().get();
        try (KafkaProducer<byte[], byte[]> producer = producer("all", "none")) {
            for (int i = 0; i < 2000; i++)
                producer.send(new ProducerRecord<>("theirs", bytes("key-" + i), bytes("" + i)));
        }
    }
}
