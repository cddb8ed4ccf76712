using System.Text;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

public class VocabularyTests
{
    [Fact]
    public void Characters_come_sorted_after_the_special_tokens()
    {
        var vocabulary = Vocabulary.OfCharacters(["ba", "月a😀"]);
        Assert.Equal(["<pad>", "<bos>", "<eos>", "a", "b", "月", "😀"], vocabulary.Tokens);
        Assert.Equal([4, 3, 6], vocabulary.Encode("ba😀"));
        Assert.Equal(["b", "a"], vocabulary.Decode([1, 4, 3, 2, 5, 0]));
        Assert.Equal(vocabulary.Encode("ab月"), new Vocabulary(vocabulary.Tokens).Encode("ab月"));
    }

    [Fact]
    public void A_text_without_special_tokens_decodes_its_first_ids()
    {
        var vocabulary = Vocabulary.OfText("cabc");
        Assert.Equal(["a", "b", "c"], vocabulary.Tokens);
        Assert.Equal("abca", string.Concat(vocabulary.Decode([0, 1, 2, 0])));
    }

    [Fact]
    public void An_unknown_character_is_named()
    {
        KeyNotFoundException e = Assert.Throws<KeyNotFoundException>(() => Vocabulary.OfCharacters(["a b"]).Encode("aé"));
        Assert.Contains("'é' (U+00E9)", e.Message);
        Assert.Contains("␣ a b", e.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Vocabulary.OfText("ab").Decode([2]));
        Assert.Throws<ArgumentException>(() => new Vocabulary(["a", "a"]));
    }

    [Fact]
    public void Words_below_the_minimum_count_are_unknown()
    {
        var vocabulary = Vocabulary.OfWords([["the", "cat"], ["the", "dog"], ["a", "dog"]], minimumCount: 2);
        Assert.Equal(["<pad>", "<bos>", "<eos>", "<unk>", "dog", "the"], vocabulary.Tokens);
        Assert.Equal([5, Vocabulary.Unknown, 4], vocabulary.Encode(["the", "cat", "dog"]));
    }
}

public class CharactersTests
{
    [Fact]
    public void The_first_nine_tenths_are_for_training()
    {
        var text = new Characters("abcdefghijklmnopqrs"); // 19 characters: ⌊17.1⌋ = 17 for training
        Assert.Equal(17, text.Train.Length);
        Assert.Equal([17, 18], text.Validation.ToArray());
        Assert.Throws<ArgumentException>(() => new Characters(""));
    }

    [Fact]
    public void Blocks_cover_the_split_once()
    {
        int[] split = [.. Enumerable.Range(0, 12)];
        Block[] blocks = [.. Characters.Blocks(split, 4)];
        Assert.Equal(Enumerable.Range(0, 11), blocks.SelectMany(b => b.Inputs.ToArray()));
        Assert.Equal(Enumerable.Range(1, 11), blocks.SelectMany(b => b.Targets.ToArray()));
        Assert.Equal([4, 4, 3], blocks.Select(b => b.Inputs.Length));
        Assert.Empty(Characters.Blocks(new int[1], 4));
    }

    [Fact]
    public void Random_blocks_are_shifted_by_one_and_reach_both_ends()
    {
        int[] split = [.. Enumerable.Range(0, 10)];
        int[] inputs = new int[8], targets = new int[8], starts = [0, 5];
        int asked = 0;
        Characters.RandomBatch(split, 4, n => { Assert.Equal(6, n); return starts[asked++]; }, inputs, targets);
        Assert.Equal([0, 1, 2, 3, 5, 6, 7, 8], inputs);
        Assert.Equal([1, 2, 3, 4, 6, 7, 8, 9], targets);
        Assert.Throws<ArgumentException>(() => Characters.RandomBatch(split, 10, _ => 0, inputs, targets));
        Assert.Throws<ArgumentException>(() => Characters.RandomBatch(split, 3, _ => 0, inputs, targets));
    }

    [Fact]
    public void Files_are_UTF_8()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.txt", [0xEF, 0xBB, 0xBF, .. "春天ab"u8]);
        Assert.Equal(["a", "b", "天", "春"], Characters.Load(path).Vocabulary.Tokens);
        Assert.Contains("UTF-8", Assert.Throws<InvalidDataException>(() => Characters.Load(folder.Write("b.txt", [65, 0xFF]))).Message);
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Characters.Load(folder.Write("c.txt", []))).Message);
    }

    [Fact]
    public void Tiny_Shakespeare_has_65_characters()
    {
        var text = Characters.Load(TestData.Path("tinyshakespeare", "input.txt"));
        Assert.Equal(65, text.Vocabulary.Count);
        Assert.Equal((1_003_854, 111_540), (text.Train.Length, text.Validation.Length)); // the counts that nanoGPT's prepare.py prints
    }
}

public class SentencePairsTests
{
    [Theory]
    [InlineData("J'ai vu l’homme qu'il aime\u202F!", "j' ai vu l' homme qu' il aime !")]
    [InlineData("I don't know, it's aujourd'hui.", "i don't know , it's aujourd'hui .")]
    [InlineData("Peut-e\u0302tre\u00A0: « ÇA VA » ?", "peut - être : « ça va » ?")]
    [InlineData("E\u0301TE\u0301", "été")]
    [InlineData("  ", "")]
    public void Words_are_normalised_and_split(string sentence, string words) =>
        Assert.Equal(words, string.Join(' ', Words.Split(sentence)));

    [Fact]
    public void Extra_columns_and_empty_lines_are_left_out()
    {
        using var folder = new TemporaryFolder();
        byte[] content = "Go.\tVa !\tCC-BY\r\n\nRun!\tCours !\n"u8.ToArray();
        SentencePair[] expected = [new("Go.", "Va !"), new("Run!", "Cours !")];
        Assert.Equal(expected, SentencePairs.Read(folder.Write("a.tsv", content)));
        Assert.Equal(expected, SentencePairs.Read(folder.Write("b.tsv", TemporaryFolder.Gzip(content))));
    }

    [Theory]
    [InlineData("Go.\tVa !\nRun!\n", "line 2")]
    [InlineData("Go.\t \n", "line 1")]
    [InlineData("", "no sentence pair")]
    public void A_broken_line_is_named(string content, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.tsv", Encoding.UTF8.GetBytes(content));
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => SentencePairs.Read(path)).Message);
    }

    [Fact]
    public void No_source_sentence_is_on_both_sides()
    {
        SentencePair[] pairs =
            [.. Enumerable.Range(0, 300).Select(i => new SentencePair($"Sentence {i / 3}{(i % 2 == 0 ? "!" : " !")}", $"Phrase {i}"))];
        SentenceSplit split = SentencePairs.Split(pairs, 0.1, seed: 4);
        Assert.Equal((270, 30), (split.Train.Length, split.HeldOut.Length));
        Assert.Empty(split.Train
            .Select(p => p.Source.Replace(" !", "!")).Intersect(split.HeldOut.Select(p => p.Source.Replace(" !", "!"))));
        Assert.Equal(pairs.Order(Comparer<SentencePair>.Create((a, b) => string.CompareOrdinal(a.Target, b.Target))),
            split.Train.Concat(split.HeldOut).OrderBy(p => p.Target, StringComparer.Ordinal));
        Assert.NotEqual(split.HeldOut, SentencePairs.Split(pairs, 0.1, seed: 5).HeldOut);
        Assert.Throws<ArgumentOutOfRangeException>(() => SentencePairs.Split(pairs, 1.5, 0));
    }

    [Fact]
    public void Length_counts_words_of_both_sides()
    {
        SentencePair[] pairs = [new("a b c", "a"), new("a b", "a b"), new("a", "a b, c")];
        Assert.Equal([pairs[1]], SentencePairs.NoLongerThan(pairs, 3 - 1));
        Assert.Equal(pairs[..2], SentencePairs.NoLongerThan(pairs, 3));
    }

    [Fact]
    public void The_English_French_pairs_are_read()
    {
        SentencePair[] pairs = SentencePairs.Read(TestData.Path("tatoeba", "eng-fra.txt.gz"));
        Assert.Equal(142_787, pairs.Length);
        Assert.Equal(new("Go.", "Va !"), pairs[0]);
    }
}

public class MetricsTests
{
    static string[] W(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Example 2 of the paper, section 2.1: "the" counts at most twice.</summary>
    [Fact]
    public void Unigrams_are_clipped()
    {
        BleuScore bleu = Metrics.Bleu([W("the the the the the the the")], [[W("the cat is on the mat"), W("there is a cat on the mat")]],
            order: 1);
        Assert.Equal(2.0 / 7, bleu.Precisions[0], 12);
    }

    /// <summary>Example 1 of the paper: 17/18 unigrams and 10/17 bigrams of candidate 1; 8/14 and 1/13 of candidate 2.</summary>
    [Fact]
    public void The_example_of_the_paper()
    {
        string[][] references =
        [
            W("it is a guide to action that ensures that the military will forever heed party commands"),
            W("it is the guiding principle which guarantees the military forces always being under the command of the party"),
            W("it is the practical guide for the army always to heed the directions of the party"),
        ];
        BleuScore first = Metrics.Bleu([W("it is a guide to action which ensures that the military always obeys the commands of the "
            + "party")], [references]);
        Assert.Equal([17.0 / 18, 10.0 / 17], first.Precisions[..2]);
        Assert.Equal((18, 18, 1.0), (first.CandidateLength, first.ReferenceLength, first.BrevityPenalty));
        BleuScore second = Metrics.Bleu([W("it is to insure the troops forever hearing the activity guidebook that party direct")],
            [references]);
        Assert.Equal([8.0 / 14, 1.0 / 13], second.Precisions[..2]);
        Assert.Equal(0, second.Score);
    }

    /// <summary>Counts pooled over two sentences: p = 5/6, 3/4; r/c = 7/6.</summary>
    [Fact]
    public void Counts_are_pooled_over_the_corpus_and_brevity_is_punished()
    {
        BleuScore bleu = Metrics.Bleu([W("a b c"), W("d e x")], [[W("a b c f")], [W("d e g")]], order: 2);
        Assert.Equal([5.0 / 6, 3.0 / 4], bleu.Precisions);
        Assert.Equal(Math.Exp(1 - 7.0 / 6) * Math.Sqrt(5.0 / 6 * 3 / 4), bleu.Score, 12);
    }

    [Fact]
    public void Perfect_and_empty_candidates()
    {
        Assert.Equal(1, Metrics.Bleu([W("a b c d e")], [[W("a b c d e")]]).Score, 12);
        Assert.Equal(0, Metrics.Bleu([[]], [[W("a b")]]).Score);
        Assert.Throws<ArgumentException>(() => Metrics.Bleu([W("a")], []));
        Assert.Throws<ArgumentException>(() => Metrics.Bleu([W("a")], [[]]));
    }
}
