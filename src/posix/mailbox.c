#include "posix/mailbox.h"

#include "posix/intake.h"
#include "posix/worker.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void make_room(struct message_list *l, size_t more)
{
        if (l->count + more <= l->capacity)
                return;
        l->capacity = l->capacity ? l->capacity : 16;
        while (l->capacity < l->count + more)
                l->capacity *= 2;
        l->items = realloc(l->items, l->capacity * sizeof *l->items);
        if (!l->items)
                abort();
}

void message_list_add(struct message_list *l, struct message m)
{
        make_room(l, 1);
        l->items[l->count++] = m;
}

void message_list_deinit(struct message_list *l)
{
        for (size_t i = 0; i < l->count; i++)
                message_discard(&l->items[i]);
        free(l->items);
        *l = (struct message_list){0};
}

void message_discard(struct message *m)
{
        switch (m->kind) {
        case MESSAGE_ACCEPTED:
        case MESSAGE_CONNECTED:
        case MESSAGE_DIAL:
        case MESSAGE_RESOLVE: free(m->text); break;
        case MESSAGE_FRAME: incoming_free(m->frame); break;
        case MESSAGE_LISTEN:
        case MESSAGE_ADOPT: close(m->fd); break;
        case MESSAGE_CONNECT:
                if (m->addresses)
                        freeaddrinfo(m->addresses);
                break;
        case MESSAGE_SEND: packet_free(m->packet); break;
        case MESSAGE_SYNC: sync_job_free(m->job); break;
        case MESSAGE_CLOSED:
        case MESSAGE_SYNCED:
        case MESSAGE_HANG_UP:
        case MESSAGE_RESUME:
        case MESSAGE_STOP: break;
        }
}

void mailbox_init(struct mailbox *box, int wake_fd)
{
        box->wake_fd = wake_fd;
        pthread_mutex_init(&box->lock, NULL);
}

void mailbox_deinit(struct mailbox *box)
{
        pthread_mutex_destroy(&box->lock);
        message_list_deinit(&box->list);
}

void mailbox_post_all(struct mailbox *box, struct message_list *l)
{
        if (l->count == 0)
                return;
        pthread_mutex_lock(&box->lock);
        make_room(&box->list, l->count);
        memcpy(box->list.items + box->list.count, l->items, l->count * sizeof *l->items);
        box->list.count += l->count;
        bool wake = box->asleep;
        box->asleep = false;
        pthread_mutex_unlock(&box->lock);
        l->count = 0;
        if (wake) {
                wake_fd_ring(box->wake_fd);
                atomic_fetch_add(&box->syscalls, 1);
        }
}

void mailbox_post(struct mailbox *box, struct message m)
{
        mailbox_post_all(box, &(struct message_list){&m, 1, 1});
}

void mailbox_take(struct mailbox *box, struct message_list *l)
{
        assert(l->count == 0);
        pthread_mutex_lock(&box->lock);
        struct message_list taken = box->list;
        box->list = *l;
        box->asleep = false;
        pthread_mutex_unlock(&box->lock);
        *l = taken;
}

bool mailbox_sleep(struct mailbox *box)
{
        pthread_mutex_lock(&box->lock);
        box->asleep = box->list.count == 0;
        bool asleep = box->asleep;
        pthread_mutex_unlock(&box->lock);
        return asleep;
}

void mailbox_awake(struct mailbox *box)
{
        pthread_mutex_lock(&box->lock);
        box->asleep = false;
        pthread_mutex_unlock(&box->lock);
}

void mailbox_wait(struct mailbox *box, int timeout_ms)
{
        struct pollfd wake = {.fd = box->wake_fd, .events = POLLIN};
        if (timeout_ms == 0 || !mailbox_sleep(box))
                return;
        bool woken = poll(&wake, 1, timeout_ms) > 0;
        if (woken)
                wake_fd_clear(box->wake_fd);
        atomic_fetch_add(&box->syscalls, woken ? 2 : 1);
}

int wake_fd_new(void)
{
        return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

void wake_fd_ring(int fd)
{
        int saved = errno;
        uint64_t one = 1;
        /* It can only fail when the count is at its top: then the sleeper is being woken anyway. */
        ssize_t written = write(fd, &one, sizeof one);
        (void)written;
        errno = saved;
}

void wake_fd_clear(int fd)
{
        uint64_t count;
        ssize_t got = read(fd, &count, sizeof count);
        (void)got;
}
