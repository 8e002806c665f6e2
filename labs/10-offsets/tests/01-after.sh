# A consumer that commits "after".
. "$(dirname "$0")/crash.sh"
crash after
