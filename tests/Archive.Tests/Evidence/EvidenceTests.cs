using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Evidence;

namespace Comptroller.Archive.Tests.Evidence;

public sealed class EvidenceTests
{
    /// <summary>The leaves that Certificate Transparency implementations test with.</summary>
    private static readonly string[] Leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Roots_are_those_of_rfc_6962(int count, string root)
    {
        Convert.ToHexStringLower(MerkleTree.Root(LeafHashes(count))).ShouldBe(root);
        using var frontier = new MerkleFrontier();
        foreach (var leaf in Leaves.Take(count))
        {
            frontier.Add(Convert.FromHexString(leaf));
        }

        Convert.ToHexStringLower(frontier.Root()).ShouldBe(root);
        frontier.Size.ShouldBe(count);
    }

    [Fact]
    public void A_tree_goes_on_from_its_subtrees_and_takes_a_leaf_in_parts()
    {
        for (var cut = 0; cut <= 8; cut++)
        {
            using var first = new MerkleFrontier();
            Leaves.Take(cut).ToList().ForEach(leaf => first.Add(Convert.FromHexString(leaf)));
            using var second = new MerkleFrontier(first.Size, first.Roots);
            foreach (var leaf in Leaves.Skip(cut).Select(Convert.FromHexString))
            {
                second.AddPart(leaf.AsSpan(0, leaf.Length / 2));
                second.AddPart(leaf.AsSpan(leaf.Length / 2));
                second.EndLeaf();
            }

            second.Root().ShouldBe(MerkleTree.Root(LeafHashes(8)));
        }

        Should.Throw<FormatException>(() => new MerkleFrontier(3, [new byte[32]]));
    }

    [Fact]
    public void Every_leaf_can_be_proved_and_no_other_one()
    {
        for (var size = 1; size <= 70; size++)
        {
            var leaves = Enumerable.Range(0, size).Select(i => MerkleTree.Leaf([(byte)i])).ToArray();
            var root = MerkleTree.Root(leaves);
            for (var i = 0; i < size; i++)
            {
                var proof = MerkleTree.InclusionProof(leaves, i);
                MerkleTree.VerifyInclusion(leaves[i], i, size, proof, root).ShouldBeTrue();
                MerkleTree.VerifyInclusion(MerkleTree.Leaf([255]), i, size, proof, root).ShouldBeFalse();
                MerkleTree.VerifyInclusion(leaves[i], i + 1, size, proof, root).ShouldBeFalse();
                (proof.Length == 0 || !MerkleTree.VerifyInclusion(leaves[i], i, size, proof[1..], root)).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void A_log_that_only_grew_can_be_proved_and_a_fork_cannot()
    {
        var leaves = Enumerable.Range(0, 70).Select(i => MerkleTree.Leaf([(byte)i])).ToArray();
        for (var size = 1; size <= 70; size++)
        {
            var root = MerkleTree.Root(leaves.AsSpan(0, size));
            for (var before = 1; before <= size; before++)
            {
                var old = MerkleTree.Root(leaves.AsSpan(0, before));
                var proof = MerkleTree.ConsistencyProof(leaves.AsSpan(0, size), before);
                MerkleTree.VerifyConsistency(before, old, size, root, proof).ShouldBeTrue($"{before} of {size}");
                MerkleTree.VerifyConsistency(before, MerkleTree.Leaf([200]), size, root, proof).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public void Canonical_text_is_that_of_rfc_8785()
    {
        // Section 3.2.2 and 3.2.3 of the RFC, with the sorting example of 3.2.3.
        var sample = JsonNode.Parse("""
            {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
             "literals": [null, true, false]}
            """);
        Encoding.UTF8.GetString(CanonicalJson.Bytes(sample)).ShouldBe(
            """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""");
        var sorted = JsonNode.Parse("""{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""");
        Encoding.UTF8.GetString(CanonicalJson.Bytes(sorted)).ShouldBe("{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}");
    }

    /// <summary>Appendix B of RFC 8785.</summary>
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("c340000000000000", "-9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555553", "333333333.3333332")]
    [InlineData("41b3de4355555557", "333333333.33333343")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    public void Numbers_are_written_as_ecmascript_does(string bits, string text) =>
        CanonicalJson.Number(BitConverter.UInt64BitsToDouble(Convert.ToUInt64(bits, 16))).ShouldBe(text);

    [Fact]
    public void A_signature_holds_for_the_document_and_for_no_other_one()
    {
        using var key = SigningKey.Parse(SigningKey.Create().ToPem());
        using var known = VerificationKey.Parse(key.Public.ToPem());
        using var other = SigningKey.Create();
        var document = new JsonObject { ["b"] = 1, ["a"] = new JsonArray("x", 2) };
        key.Sign(document);

        known.Verify(document).ShouldBeNull();
        known.Verify(JsonNode.Parse(document.ToJsonString())!.AsObject()).ShouldBeNull();
        other.Public.Verify(document)!.ShouldContain($"signed by key {known.Id}");
        document["b"] = 2;
        known.Verify(document)!.ShouldContain("changed after it was signed");
        document["signature"]!["alg"] = "none";
        known.Verify(document)!.ShouldContain("signed with none");
        document.Remove("signature");
        known.Verify(document).ShouldBe("it is not signed");
        other.Sign(document);
        document["signature"]!["keyId"] = known.Id;
        known.Verify(document)!.ShouldContain("changed after it was signed");
    }

    [Fact]
    public void A_key_that_is_none_is_refused_without_repeating_it()
    {
        Should.Throw<FormatException>(() => SigningKey.Parse("secret stuff")).Message.ShouldNotContain("secret stuff");
        Should.Throw<FormatException>(() => SigningKey.Parse(SigningKey.Create().Public.ToPem()));
        using var wrong = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        Should.Throw<FormatException>(() => SigningKey.Parse(wrong.ExportPkcs8PrivateKeyPem())).Message.ShouldContain("P-256");
    }

    private static byte[][] LeafHashes(int count) => [.. Leaves.Take(count).Select(leaf => MerkleTree.Leaf(Convert.FromHexString(leaf)))];
}
