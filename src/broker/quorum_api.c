/* The quorum's own messages: each is answered at once. Fetch of the metadata log is in fetch_api.c.
 */
#include "broker/state.h"

void handle_vote(struct request *r)
{
        struct vote_request in = {0};
        struct vote_response answer = {0};
        serde_vote_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        quorum_handle_vote(&r->broker->quorum, &in, &r->arena, &answer);
        struct serde out = request_answer(r);
        serde_vote_response(&out, &answer);
        request_finish(r, &out);
}

void handle_begin_quorum_epoch(struct request *r)
{
        struct begin_quorum_epoch_request in = {0};
        struct begin_quorum_epoch_response answer = {0};
        serde_begin_quorum_epoch_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        quorum_handle_begin_epoch(&r->broker->quorum, &in, &r->arena, &answer);
        struct serde out = request_answer(r);
        serde_begin_quorum_epoch_response(&out, &answer);
        request_finish(r, &out);
}

void handle_end_quorum_epoch(struct request *r)
{
        struct end_quorum_epoch_request in = {0};
        struct end_quorum_epoch_response answer = {0};
        serde_end_quorum_epoch_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        quorum_handle_end_epoch(&r->broker->quorum, &in, &r->arena, &answer);
        struct serde out = request_answer(r);
        serde_end_quorum_epoch_response(&out, &answer);
        request_finish(r, &out);
}

void handle_describe_quorum(struct request *r)
{
        struct describe_quorum_request in = {0};
        struct describe_quorum_response answer = {0};
        serde_describe_quorum_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        quorum_handle_describe(&r->broker->quorum, &in, &r->arena, &answer);
        struct serde out = request_answer(r);
        serde_describe_quorum_response(&out, &answer);
        request_finish(r, &out);
}

void handle_fetch_snapshot(struct request *r)
{
        struct fetch_snapshot_request in = {0};
        struct fetch_snapshot_response answer = {0};
        serde_fetch_snapshot_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        quorum_handle_fetch_snapshot(&r->broker->quorum, &in, &r->arena, &answer);
        struct serde out = request_answer(r);
        serde_fetch_snapshot_response(&out, &answer);
        request_finish(r, &out);
}
