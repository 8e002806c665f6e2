# Who fetches the bytes of a device, and what does that cost the CPU? A model, no measurement.
#     awk -f diagrams/who-moves.awk -v gap=1000
# The device has a new byte every `gap` nanoseconds, `bytes` of them, and room for one: a byte that
# nobody has fetched when the next one comes is lost. Three ways to fetch them:
#     poll        the CPU looks again and again, `look` ns each time, and does nothing else
#     interrupt   each byte interrupts the CPU: stop, fetch, go on, `handle` ns
#     dma         the CPU names a place for `block` bytes (`setup` ns); an engine beside the CPU
#                 fetches them, and interrupts it when all are there
# events=1 prints what happens when, for the picture: way, who, from, to, what.
function event(way, who, from, to, what) {
        if (events)
                print way, who, from, to, what
}
function tell(way, lost, interrupts, busy_ns, wait_ns,   left) {
        left = 100 - 100 * busy_ns / (bytes * gap)
        if (!events)
                printf "%-10s%6d%12d%14.1f%10.1f%16.1f\n", way, lost, interrupts, busy_ns / 1000, (left > 0 ? left : 0), wait_ns / 1000
}
function poll(   now, came, waiting, lost) {
        for (now = 0; came < bytes; now += look) {
                waiting = 0
                for (; came < bytes && (came + 1) * gap <= now + look; came++) {
                        lost += waiting
                        event("poll", "device", (came + 1) * gap, (came + 1) * gap, waiting ? "lost" : "byte")
                        waiting = 1
                }
                event("poll", "cpu", now, now + look, waiting ? "fetch" : "look")
        }
        tell("poll", lost, 0, now, look)
}
function interrupt(   i, fetched, lost) {
        for (i = 1; i <= bytes; i++) {
                event("interrupt", "device", i * gap, i * gap, i * gap < fetched ? "lost" : "byte")
                if (i * gap < fetched) { # one of the two goes: the handler finds one byte
                        lost++
                        continue
                }
                fetched = i * gap + handle
                event("interrupt", "cpu", i * gap, fetched, "handle")
        }
        tell("interrupt", lost, bytes - lost, (bytes - lost) * handle, handle)
}
function dma(   i, blocks) {
        for (i = 1; i <= bytes; i++) {
                if ((i - 1) % block == 0)
                        event("dma", "cpu", (i - 1) * gap + (i > 1) * handle, (i - 1) * gap + (i > 1) * handle + setup, "setup")
                event("dma", "device", i * gap, i * gap, "byte")
                event("dma", "engine", i * gap, i * gap + gap / 2, "fetch")
                if (i % block && i < bytes)
                        continue
                blocks++
                event("dma", "cpu", i * gap, i * gap + handle, "handle")
        }
        tell("dma", 0, blocks, blocks * (setup + handle), block * gap + handle)
}
BEGIN {
        if (!gap) gap = 1000
        if (!bytes) bytes = 4096
        if (!block) block = 512
        if (!look) look = 100
        if (!handle) handle = 600
        if (!setup) setup = 900
        if (!events)
                print "            lost  interrupts  CPU busy, us   left, %  longest wait, us"
        poll()
        interrupt()
        dma()
}
