# A consumer that commits "before".
. "$(dirname "$0")/crash.sh"
crash before
