/* ListGroups, DescribeGroups, and what checkers see. These say how things stand at the moment, in
 * states that are in no log as well: they do not wait for commits. */
#include "groups/coordinator_private.h"

/* --- ListGroups --- */

static char lower(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* People write "stable" for "Stable", and Kafka lets them. */
static bool same_word(struct str a, struct str b)
{
        int32_t i = 0;
        while (i < a.size && i < b.size && lower(a.data[i]) == lower(b.data[i]))
                i++;
        return i == a.size && i == b.size;
}

static bool is_wanted(const struct str *filter, int32_t count, struct str is)
{
        for (int32_t i = 0; i < count; i++) {
                if (same_word(filter[i], is))
                        return true;
        }
        return count <= 0;
}

static void list_group(const struct group *g, const struct list_groups_request *in,
                       struct list_groups_response *answer, struct group_call *call)
{
        struct str state = group_state_name(g->state), type = str_of("classic");
        if (is_wanted(in->states_filter.items, in->states_filter.count, state) &&
            is_wanted(in->types_filter.items, in->types_filter.count, type))
                answer->groups.items[answer->groups.count++] = (struct list_groups_group){
                        .group_id = answer_text(call, g->id),
                        .protocol_type = answer_plain_text(call, g->protocol_type),
                        .group_state = state,
                        .group_type = type,
                };
}

void groups_list(struct group_coordinator *c, const struct list_groups_request *in,
                 struct list_groups_response *answer, struct group_call *call)
{
        int32_t count = 0;
        *answer = (struct list_groups_response){0};
        for (int32_t i = 0; i < c->partition_count; i++) {
                const struct group_partition *p = c->partitions[i];
                if (p && !p->is_loaded && !p->log.has_failed)
                        answer->error_code = KERR_COORDINATOR_LOAD_IN_PROGRESS;
                else if (p)
                        count += (int32_t)HASH_COUNT(p->groups);
        }
        group_answer_array(call, &answer->groups, count);
        answer->groups.count = 0;
        for (int32_t i = 0; i < c->partition_count; i++) {
                const struct group_partition *p = c->partitions[i];
                for (struct group *g = p && p->is_loaded ? p->groups : NULL; g; g = g->hh.next)
                        list_group(g, in, answer, call);
        }
        call->done(call);
}

/* --- DescribeGroups --- */

static void describe_members(const struct group *g, struct describe_groups_group *out,
                             struct group_call *call)
{
        bool stable = g->state == GROUP_STABLE;
        group_answer_array(call, &out->members, group_size(g));
        struct describe_groups_member *into = out->members.items;
        for (const struct member *m = g->members; m; m = m->hh.next)
                *into++ = (struct describe_groups_member){
                        .member_id = m->id,
                        .group_instance_id = m->instance_id,
                        .client_id = m->client_id,
                        .client_host = m->client_host,
                        .member_metadata = stable ? member_metadata(m) : (struct span){0},
                        .member_assignment = stable ? m->assignment : (struct span){0},
                };
}

static void describe_group(const struct group_coordinator *c, struct describe_groups_group *out,
                           struct group_call *call)
{
        struct group_partition *p;
        struct str none = str_of("");
        out->group_state = out->protocol_type = out->protocol_data = none;
        out->authorized_operations = INT32_MIN; /* there is no authorizer to ask */
        enum kerr err = out->group_id.size < 0 ? KERR_INVALID_GROUP_ID
                                               : group_partition_find(c, out->group_id, &p);
        out->error_code = errors_to_wire(err);
        if (err)
                return;
        const struct group *g = group_partition_group(p, out->group_id);
        out->group_state = group_state_name(g ? g->state : GROUP_DEAD);
        if (!g)
                return;
        if (g->protocol_type.size >= 0)
                out->protocol_type = g->protocol_type;
        if (g->state == GROUP_STABLE && g->protocol.size >= 0)
                out->protocol_data = g->protocol;
        describe_members(g, out, call);
}

void groups_describe(struct group_coordinator *c, const struct describe_groups_request *in,
                     struct describe_groups_response *answer, struct group_call *call)
{
        *answer = (struct describe_groups_response){0};
        group_answer_array(call, &answer->groups, in->groups.count);
        for (int32_t i = 0; i < in->groups.count; i++) {
                answer->groups.items[i].group_id = in->groups.items[i];
                describe_group(c, &answer->groups.items[i], call);
        }
        call->done(call);
}

/* --- for checkers --- */

static void view_group(const struct group *g, void (*each)(void *, const struct group_view *),
                       void *context)
{
        struct group_member_view *members = calloc((size_t)group_size(g) + 1, sizeof *members);
        if (!members)
                abort();
        struct group_member_view *into = members;
        for (const struct member *m = g->members; m; m = m->hh.next)
                *into++ = (struct group_member_view){
                        .member_id = m->id,
                        .instance_id = m->instance_id,
                        .client_id = m->client_id,
                        .subscription = member_metadata(m),
                        .assignment = m->assignment,
                };
        each(context, &(struct group_view){.group_id = g->id,
                                           .partition = g->home->number,
                                           .state = g->state,
                                           .generation = g->generation,
                                           .member_count = group_size(g),
                                           .members = members});
        free(members);
}

void group_coordinator_each(const struct group_coordinator *c,
                            void (*each)(void *context, const struct group_view *g), void *context)
{
        for (int32_t i = 0; i < c->partition_count; i++) {
                const struct group_partition *p = c->partitions[i];
                for (struct group *g = p && p->is_loaded ? p->groups : NULL; g; g = g->hh.next)
                        view_group(g, each, context);
        }
}

struct offset_viewer {
        void (*each)(void *context, const struct committed_offset_view *o);
        void *context;
};

static void view_partition(const struct offset_viewer *v, struct committed_offset_view view,
                           const struct partition_offset *p)
{
        view.partition = p->partition;
        if (p->is_committed) {
                view.offset = p->value.offset;
                v->each(v->context, &view);
        }
        view.is_pending = true;
        for (const struct pending_offset *o = p->pending; o; o = o->next) {
                view.offset = o->value.offset;
                v->each(v->context, &view);
        }
}

static void view_offsets(const struct offset_viewer *v, const struct group *g)
{
        for (const struct topic_offsets *t = g->offsets.topics; t; t = t->hh.next) {
                struct committed_offset_view view = {.group_id = g->id,
                                                     .topic = topic_offsets_name(t)};
                for (const struct partition_offset *p = t->partitions; p; p = p->hh.next)
                        view_partition(v, view, p);
        }
}

void group_coordinator_each_offset(const struct group_coordinator *c,
                                   void (*each)(void *context,
                                                const struct committed_offset_view *o),
                                   void *context)
{
        struct offset_viewer v = {each, context};
        for (int32_t i = 0; i < c->partition_count; i++) {
                const struct group_partition *p = c->partitions[i];
                for (struct group *g = p && p->is_loaded ? p->groups : NULL; g; g = g->hh.next)
                        view_offsets(&v, g);
        }
}
