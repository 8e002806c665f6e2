#include "posix/io_thread.h"

#include "posix/clock.h"
#include "posix/worker.h"

enum kerr io_thread_init(struct io_thread *io, struct io_shared *shared, int32_t index, int wake_fd)
{
        *io = (struct io_thread){0};
        enum kerr err = reactor_init(&io->reactor, shared, index, wake_fd);
        if (!err)
                mailbox_init(&io->inbox, wake_fd);
        return err;
}

void io_thread_deinit(struct io_thread *io)
{
        reactor_deinit(&io->reactor);
        mailbox_deinit(&io->inbox);
        message_list_deinit(&io->orders);
}

void io_thread_obey(struct io_thread *io)
{
        /* Whoever runs us may have been away for long: new connections must not start out old. */
        io->reactor.now_ms = clock_mono_ms();
        mailbox_take(&io->inbox, &io->orders);
        for (size_t i = 0; i < io->orders.count; i++) {
                if (io->orders.items[i].kind == MESSAGE_STOP)
                        io->stopping = true;
                else
                        reactor_do(&io->reactor, &io->orders.items[i]);
        }
        io->orders.count = 0;
        reactor_flush(&io->reactor);
}

static void *io_thread_run(void *argument)
{
        struct io_thread *io = argument;
        io_thread_obey(io);
        while (!io->stopping) {
                reactor_wait(&io->reactor, mailbox_sleep(&io->inbox) ? -1 : 0);
                reactor_handle(&io->reactor);
                io_thread_obey(io);
        }
        return NULL;
}

enum kerr io_thread_start(struct io_thread *io)
{
        enum kerr err = thread_start(&io->thread, io_thread_run, io);
        io->running = !err;
        return err;
}

void io_thread_stop(struct io_thread *io)
{
        if (!io->running) {
                io_thread_obey(io);
                return;
        }
        mailbox_post(&io->inbox, (struct message){.kind = MESSAGE_STOP});
        pthread_join(io->thread, NULL);
        io->running = false;
}
