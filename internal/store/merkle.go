package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
)

// Hash is a SHA-256 digest.
type Hash [sha256.Size]byte

// Domain bytes keep the inputs of the different hashes apart, so that one can
// never be passed off as another (RFC 6962, section 2.1).
const (
	hashLeaf  = 0x00
	hashNode  = 0x01
	hashMeta  = 0x02
	hashRoot  = 0x03
	hashChain = 0x04
	hashRows  = 0x05
)

// merkle computes the root of a Merkle tree over leaves given one by one, as
// RFC 6962 defines it, in logarithmic memory.
type merkle struct {
	stack []Hash
	n     uint64
}

func nodeHash(l, r *Hash) Hash {
	var buf [1 + 2*sha256.Size]byte
	buf[0] = hashNode
	copy(buf[1:], l[:])
	copy(buf[1+sha256.Size:], r[:])
	return sha256.Sum256(buf[:])
}

func (m *merkle) add(leaf Hash) {
	m.n++
	for k := m.n; k&1 == 0; k >>= 1 {
		top := len(m.stack) - 1
		leaf = nodeHash(&m.stack[top], &leaf)
		m.stack = m.stack[:top]
	}
	m.stack = append(m.stack, leaf)
}

// root folds the complete subtrees from the right. The empty tree's root is the
// hash of nothing.
func (m *merkle) root() Hash {
	if len(m.stack) == 0 {
		return sha256.Sum256(nil)
	}
	h := m.stack[len(m.stack)-1]
	for i := len(m.stack) - 2; i >= 0; i-- {
		h = nodeHash(&m.stack[i], &h)
	}
	return h
}

// salter derives the salt of each change from the commit's random salt. One
// change can be erased for good by keeping the other changes' salts and
// dropping the commit's.
type salter struct{ block cipher.Block }

func newSalter(salt *[16]byte) salter {
	c, err := aes.NewCipher(salt[:])
	if err != nil {
		panic(err) // the key length is a constant
	}
	return salter{c}
}

func (s salter) salt(dst *[16]byte, table uint32, ordinal uint32) {
	*dst = [16]byte{}
	binary.BigEndian.PutUint32(dst[:], table)
	binary.BigEndian.PutUint32(dst[4:], ordinal)
	s.block.Encrypt(dst[:], dst[:])
}

// chainNext links a commit to the chain.
func chainNext(prev *Hash, seq Seq, t Time, root *Hash) Hash {
	var buf [1 + 2*sha256.Size + 16]byte
	buf[0] = hashChain
	copy(buf[1:], prev[:])
	binary.BigEndian.PutUint64(buf[33:], uint64(seq))
	binary.BigEndian.PutUint64(buf[41:], uint64(t))
	copy(buf[49:], root[:])
	return sha256.Sum256(buf[:])
}
