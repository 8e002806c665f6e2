# One of three stories, under each of six settings: is something lost?
simulator=$1 seed=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-key.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# story MIN UNCLEAN
story() {
        echo "brokers 3"
        echo "controllers 3"
        echo "topic orders replication 3 min.insync.replicas $1 unclean.leader.election.enable $2"
        echo "producer p1 topic orders acks all rate 100/s"
        echo "at 600ms          reassign orders/0 to 1,2,3"
        echo "then after 100ms  elect preferred leader of orders/0"
        case $((seed % 3)) in
        0)
                echo "then after 500ms  cut 1 from 2"
                echo "then after 0s     cut 1 from 3"
                echo "then after 3s     power-cut 1 keeps nothing"
                echo "then after 0s     heal network"
                ;;
        1)
                echo "then after 500ms  power-cut 2 keeps nothing"
                echo "then after 1s     kill 3"
                echo "then after 1s     kill 1"
                echo "then after 1s     restart 2"
                ;;
        2)
                echo "then after 500ms  cut 1 from 2"
                echo "then after 0s     cut 1 from 3"
                echo "then after 3s     kill 1"
                echo "then after 0s     heal network"
                ;;
        esac
        echo "then after 3s     restart all"
        echo "run 10s"
}
story MIN UNCLEAN | sed 's/^/    /'
for min in 1 2 3; do
        for unclean in false true; do
                story $min $unclean >"$dir/story.scn"
                "$simulator" run "$dir/story.scn" --seed "$seed" >"$dir/said"
                grep -q '^nothing lost  *kept' "$dir/said" && answer=kept || answer=lost
                printf 'MIN %s, UNCLEAN %s: is all kept that was acknowledged, or is something lost? (kept or lost)\t%s\n' \
                        $min $unclean $answer
        done
done
