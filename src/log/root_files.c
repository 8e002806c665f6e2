#include "log/root_files.h"

#include "log/checkpoint.h"
#include "log/path.h"

#include <string.h>

enum { FILE_BYTES_MAX = 64 << 10 };

static const char meta_name[] = "meta.properties";
static const char marker_name[] = ".kafka_cleanshutdown";
static const char life_name[] = "broker-life";
static const char partition_metadata_name[] = "partition.metadata";

static struct str trim(struct str s)
{
        while (s.size > 0 && strchr(" \t\r", s.data[0]))
                s = (struct str){s.data + 1, s.size - 1};
        while (s.size > 0 && strchr(" \t\r", s.data[s.size - 1]))
                s.size--;
        return s;
}

/* The value of the line `key=value` or `key: value`; null when there is none. */
static struct str find_property(const struct buffer *text, const char *key)
{
        const char *at = (const char *)text->data, *end = at + text->size;
        while (at < end) {
                const char *line_end = memchr(at, '\n', (size_t)(end - at));
                if (!line_end)
                        line_end = end;
                const char *separator = at;
                while (separator < line_end && *separator != '=' && *separator != ':')
                        separator++;
                struct str name = trim((struct str){at, (int32_t)(separator - at)});
                if (separator < line_end && str_equal_c(name, key))
                        return trim(
                                (struct str){separator + 1, (int32_t)(line_end - separator - 1)});
                at = line_end + 1;
        }
        return STR_NULL;
}

static enum kerr replace(struct world *w, const char *directory, const char *name,
                         struct buffer *text)
{
        enum kerr err = checkpoint_replace(w, directory, name, buffer_span(text));
        buffer_deinit(text);
        return err;
}

/* --- meta.properties --- */

static enum kerr make_meta(struct world *w, const char *root, int32_t node_id,
                           const struct uuid *cluster, char cluster_id[CLUSTER_ID_MAX + 1])
{
        struct uuid directory = uuid_random(w);
        char directory_id[UUID_TEXT_CHARS + 1];
        uuid_format(cluster, cluster_id);
        uuid_format(&directory, directory_id);
        struct buffer text = {0};
        buffer_printf(&text, "version=1\ncluster.id=%s\nnode.id=%d\ndirectory.id=%s\n", cluster_id,
                      node_id, directory_id);
        return replace(w, root, meta_name, &text);
}

static enum kerr check_meta(struct world *w, const char *root, const struct buffer *text,
                            int32_t node_id, char cluster_id[CLUSTER_ID_MAX + 1])
{
        struct str node = find_property(text, "node.id");
        if (node.size < 0)
                node = find_property(text, "broker.id"); /* version 0 */
        int64_t found;
        if (!checkpoint_take_number(&node, INT32_MAX, &found) || node.size > 0 ||
            !str_copy(find_property(text, "cluster.id"), cluster_id, CLUSTER_ID_MAX + 1)) {
                world_log(w, WORLD_ERROR, "%s/%s: needs a cluster.id and a node.id", root,
                          meta_name);
                return KERR_MALFORMED;
        }
        if (found == node_id)
                return KERR_NONE;
        world_log(w, WORLD_ERROR, "%s/%s: the directory is of node %lld, this is node %d", root,
                  meta_name, (long long)found, node_id);
        return KERR_INVALID_CONFIG;
}

enum kerr root_files_identify(struct world *w, const char *root, int32_t node_id,
                              const struct uuid *new_cluster, char cluster_id[CLUSTER_ID_MAX + 1])
{
        struct path path = path_of(root, "%s", meta_name);
        struct buffer text = {0};
        enum kerr err = world_read_file(w, path.text, FILE_BYTES_MAX, &text);
        if (err == KERR_NOT_FOUND)
                err = make_meta(w, root, node_id, new_cluster, cluster_id);
        else if (!err)
                err = check_meta(w, root, &text, node_id, cluster_id);
        buffer_deinit(&text);
        return err;
}

/* --- the clean-shutdown file --- */

enum kerr root_files_take_marker(struct world *w, const char *root, bool *was_clean)
{
        struct path path = path_of(root, "%s", marker_name);
        struct file *file;
        enum kerr err = w->open(w, path.text, WORLD_READ, &file);
        *was_clean = !err;
        if (err)
                return err == KERR_NOT_FOUND ? KERR_NONE : err;
        w->close(w, file);
        if (zoo_has(w->zoo, ZOO_STALE_CLEAN_MARKER)) /* KAFKA-10471 */
                return KERR_NONE;
        err = w->remove(w, path.text);
        return err ? err : w->sync_dir(w, root);
}

enum kerr root_files_set_marker(struct world *w, const char *root, int64_t broker_epoch)
{
        struct buffer text = {0};
        buffer_printf(&text, "{\"version\":0,\"brokerEpoch\":%lld}", (long long)broker_epoch);
        return replace(w, root, marker_name, &text);
}

/* --- broker-life --- */

enum kerr root_files_read_life(struct world *w, const char *root, struct broker_life *life)
{
        struct path path = path_of(root, "%s", life_name);
        struct buffer text = {0};
        enum kerr err = world_read_file(w, path.text, FILE_BYTES_MAX, &text);
        struct str epoch = err ? STR_NULL : find_property(&text, "broker_epoch");
        if (!err &&
            (!uuid_parse(find_property(&text, "machine_boot"), &life->machine_boot) ||
             !checkpoint_take_number(&epoch, INT64_MAX, &life->broker_epoch) || epoch.size > 0)) {
                world_log(w, WORLD_ERROR, "%s: needs a machine_boot and a broker_epoch", path.text);
                err = KERR_MALFORMED;
        }
        buffer_deinit(&text);
        return err;
}

enum kerr root_files_write_life(struct world *w, const char *root, const struct broker_life *life)
{
        char boot[UUID_TEXT_CHARS + 1];
        uuid_format(&life->machine_boot, boot);
        struct buffer text = {0};
        buffer_printf(&text, "version: 0\nmachine_boot: %s\nbroker_epoch: %lld\n", boot,
                      (long long)life->broker_epoch);
        return replace(w, root, life_name, &text);
}

void root_files_remove_life(struct world *w, const char *root)
{
        w->remove(w, path_of(root, "%s", life_name).text);
}

/* --- partition.metadata --- */

enum kerr root_files_read_topic_id(struct world *w, const char *directory, struct uuid *topic_id)
{
        struct path path = path_of(directory, "%s", partition_metadata_name);
        struct buffer text = {0};
        enum kerr err = world_read_file(w, path.text, FILE_BYTES_MAX, &text);
        if (!err && !uuid_parse(find_property(&text, "topic_id"), topic_id)) {
                world_log(w, WORLD_ERROR, "%s: needs a topic_id", path.text);
                err = KERR_MALFORMED;
        }
        buffer_deinit(&text);
        return err;
}

enum kerr root_files_write_topic_id(struct world *w, const char *directory,
                                    const struct uuid *topic_id)
{
        char id[UUID_TEXT_CHARS + 1];
        uuid_format(topic_id, id);
        struct buffer text = {0};
        buffer_printf(&text, "version: 0\ntopic_id: %s\n", id);
        return replace(w, directory, partition_metadata_name, &text);
}
