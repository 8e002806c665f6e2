# A consumer that commits "auto".
. "$(dirname "$0")/crash.sh"
crash auto
