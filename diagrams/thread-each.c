/* The other way to serve many: a thread for each connection, asleep in read(). It sends back what
 * it gets.
 *
 *     cc -pthread -o thread-each thread-each.c && ./thread-each PORT */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *argument)
{
        int fd = *(int *)argument;
        char bytes[4096];
        ssize_t count;
        free(argument);
        while ((count = read(fd, bytes, sizeof bytes)) > 0 &&
               write(fd, bytes, (size_t)count) == count)
                ;
        close(fd);
        return NULL;
}

int main(int argc, char **argv)
{
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0)};
        int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0) {
                perror("listen");
                return 1;
        }
        for (;;) {
                pthread_t thread;
                int *fd = malloc(sizeof *fd);
                *fd = accept(listener, NULL, NULL);
                if (*fd < 0 || pthread_create(&thread, NULL, serve, fd) != 0) {
                        perror("a connection");
                        return 1;
                }
                pthread_detach(thread);
        }
}
