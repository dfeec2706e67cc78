package segment

import (
	"errors"
	"fmt"
)

// ErrDamaged is returned for a file that is not what the writer left. The answer is
// to be had from the store.
var ErrDamaged = errors.New("damaged segment")

// ErrSpace is why a segment is not made: the disk is short, or what of it segments
// may take.
var ErrSpace = errors.New("no space for a segment")

var errShort = fmt.Errorf("%w: it ends early", ErrDamaged)
